/** SQL: whether an observation names a customer under a legal hold, for sure or as a candidate. */
export const namesHeld = `exists (
  select from legal_hold where legal_hold.subscriber_id = observation.subscriber_id
    or observation.candidates @> jsonb_build_array(jsonb_build_object('subscriber', legal_hold.subscriber_id)))`;

/** SQL: whether an observation stays, however old: with its case, or for a legal hold. */
export const isObservationKept = `exists (select from subscriber_case as matter where matter.id = observation.case_id)
  or ${namesHeld}`;
