/** One page of a list. `cursor` is what `next` of the page before said; absent: the first page. */
export interface PageRequest {
  /** 1 to 1000. */
  readonly limit: number;
  readonly cursor?: string;
}

/** `next` is null on the last page. */
export interface Page<Item> {
  readonly items: readonly Item[];
  readonly next: string | null;
}
