import type { AgedRows } from "./aged-rows-retention-store.ts";
import { isHeld } from "./legal-hold-retention-store.ts";

/**
 * Sessions that are over, by their end. What an open case needs to be explained is in kept_session
 * (response/kept-session-retention-store.ts). One that enforcement still has to reach stays, and one whose address
 * is not free yet: both are mended by other jobs first.
 */
export const endedSessions: AgedRows = {
  table: "session",
  // as the index session_ended has it
  age: "coalesce(session.stopped_at, 'infinity')",
  idType: "bigint",
  subscriber: "session.subscriber_id",
  isKept: `exists (select from kept_session where kept_session.session_id = session.id)
    or ${isHeld("session.subscriber_id")}
    or exists (select from enforcement_job as job where job.session_id = session.id)
    or exists (select from address_interval_open as held where held.session_id = session.id)`,
};
