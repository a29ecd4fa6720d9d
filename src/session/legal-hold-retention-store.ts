/** SQL: whether the customer in this column is under a legal hold, under which nothing of theirs is removed. */
export const isHeld = (subscriber: string): string =>
  `exists (select from legal_hold where legal_hold.subscriber_id = ${subscriber})`;
