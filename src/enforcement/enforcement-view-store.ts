import { readCursor, writeCursor } from "../database/cursor.ts";
import type { Queryable } from "../database/database.ts";
import type { Page, PageRequest } from "../database/page.ts";
import type { OutcomeDetail } from "./outcome.ts";

/** One attempt, in the shape of the REST API; `outcome` is null while it is under way. Octets are lower-case hex. */
export interface EnforcementView {
  readonly id: string;
  readonly subscriber: string | null;
  readonly session: string | null;
  readonly nas: string;
  readonly kind: "coa" | "disconnect" | "access";
  readonly reason: string;
  readonly requestedAt: Date;
  readonly sentAt: Date | null;
  readonly answeredAt: Date | null;
  readonly attempts: number;
  readonly outcome: EnforcementOutcome | null;
  readonly errorCause: number | null;
  readonly request: string | null;
  readonly response: string | null;
  /** Which request of how many that one change of the profile takes, from 0. */
  readonly step: number;
  readonly steps: number;
  /** What it changes, by name. */
  readonly attributes:
    | readonly { readonly name: string; readonly tag?: number; readonly value: string | number }[]
    | null;
}

export type EnforcementOutcome = OutcomeDetail["kind"] | "unsupported";

export interface EnforcementFilter {
  readonly subscriberId?: string;
  readonly nasId?: string;
  readonly outcome?: EnforcementOutcome;
  readonly sessionId?: string;
}

const columns = `enforcement.id, enforcement.subscriber_id as subscriber, enforcement.session_id as session,
  enforcement.nas_id as nas, enforcement.kind, enforcement.reason, enforcement.requested_at as "requestedAt",
  enforcement.sent_at as "sentAt", enforcement.answered_at as "answeredAt", enforcement.attempts, enforcement.outcome,
  enforcement.error_cause as "errorCause", encode(enforcement.request, 'hex') as request,
  encode(enforcement.response, 'hex') as response, enforcement.step, enforcement.steps, enforcement.attributes`;

/** Attempts, newest first. Throws CursorError. */
export async function listEnforcements(
  on: Queryable,
  filter: EnforcementFilter,
  page: PageRequest,
): Promise<Page<EnforcementView>> {
  const [before] = page.cursor === undefined ? [null] : readCursor(page.cursor, ["id"]);
  const rows = await on.query<EnforcementView>(
    `select ${columns} from enforcement
     where ($1::text is null or enforcement.subscriber_id = $1) and ($2::text is null or enforcement.nas_id = $2)
       and ($3::text is null or enforcement.outcome = $3) and ($4::bigint is null or enforcement.session_id = $4)
       and ($5::bigint is null or enforcement.id < $5)
     order by enforcement.id desc limit $6`,
    [
      filter.subscriberId ?? null,
      filter.nasId ?? null,
      filter.outcome ?? null,
      filter.sessionId ?? null,
      before,
      page.limit + 1,
    ],
  );
  const items = rows.slice(0, page.limit);
  const last = rows.length > page.limit ? items.at(-1) : undefined;
  return { items, next: last ? writeCursor([last.id]) : null };
}
