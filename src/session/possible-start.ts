import { UNSAID_DELAY_MS } from "./unsaid-delay.ts";

/** What has to be known of a hold, by the records alone; times in ms. */
export interface RecordedHold {
  readonly sessionId: string;
  readonly from: number;
  /** undefined: it holds the address still. */
  readonly until: number | undefined;
  /** Whether a Stop, or a record with another address, says so: else the end was worked out. */
  readonly isEndInferred: boolean;
  /** When a record last showed its session alive. */
  readonly aliveAt: number;
}

/**
 * From when a session may have held an address. Its Start may be late without saying so (UNSAID_DELAY_MS), and looks as
 * much younger than it is. That counts where nothing says that the one before had the address until then: its Stop was
 * lost, and all that is known is that it was alive before. An orderly Stop is an end that nobody needs to doubt.
 */
export function possibleStart(hold: RecordedHold, others: readonly RecordedHold[]): number {
  const starts = others
    .filter((other) => other.sessionId !== hold.sessionId && other.from < hold.from && isEndUnsure(other, hold.from))
    .map((other) => Math.max(other.from, other.aliveAt, hold.from - UNSAID_DELAY_MS));
  return Math.min(hold.from, ...starts);
}

const isEndUnsure = ({ until, isEndInferred }: RecordedHold, at: number): boolean =>
  isEndInferred || until === undefined || until > at;
