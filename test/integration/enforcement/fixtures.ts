import { pino } from "pino";
import { expect, vi } from "vitest";
import type { Database, Queryable } from "../../../src/database/database.ts";
import { createDispatcher, type Dispatcher, type DispatcherTiming } from "../../../src/enforcement/dispatcher.ts";
import { type MeasureOrder, type MeasureOrdered, orderMeasure } from "../../../src/enforcement/order-measure.ts";
import { type ScriptedNas, scriptedNases } from "./scripted-nas.ts";

export const person = "key:operator";
const silent = pino({ level: process.env["WEIR_TEST_LOG"] ?? "silent" });

export async function addSubscriber(on: Queryable, id: string): Promise<void> {
  await on.query("insert into subscriber (id, name) values ($1, $1)", [id]);
  await on.query("insert into subscriber_username (username, subscriber_id, spelling) values ($1, $1, $1)", [id]);
}

let sessionNumber = 0;

/** An open session, as accounting leaves it; returns its id. */
export async function addSession(on: Queryable, subscriberId: string, nasId = "bng1"): Promise<string> {
  sessionNumber++;
  const rows = await on.query<{ id: string }>(
    `insert into session (nas_id, acct_session_id, started_at, last_event_at, last_seen_at, username, subscriber_id, ipv4)
     values ($1, $2, now(), now(), now(), $3, $3, '100.64.0.1') returning id`,
    [nasId, `acct-${sessionNumber}`, subscriberId],
  );
  return rows[0]!.id;
}

export const stopSession = (on: Queryable, id: string) =>
  on.query("update session set stopped_at = now(), terminate_cause = 'User-Request' where id = $1", [id]);

type Order = Pick<MeasureOrder, "subscriberId" | "detail"> & Partial<MeasureOrder>;

export const order = async (database: Database, given: Order): Promise<MeasureOrdered> => {
  const full: MeasureOrder = { reason: "test", orderedBy: person, now: new Date(), ...given };
  const ordered = await database.transaction((trx) => orderMeasure(trx, full));
  if (ordered.kind === "withheld") throw new Error(ordered.detail);
  return ordered;
};

export const garden = { kind: "walled-garden", params: {} } as const;
export const suspend = { kind: "suspend", params: {} } as const;
export const throttle = (downKbps = 1000) => ({ kind: "throttle", params: { downKbps, upKbps: 256 } }) as const;

const fastRetries = { silence: [10, 10], busy: [10, 10], unexplained: [10, 10] };

export function startDispatcher(
  database: Database,
  nas: Pick<ScriptedNas, "gateway">,
  options: {
    nodeId?: string;
    nasIds?: string[];
    timing?: DispatcherTiming;
    now?: () => Date;
    uptimeMs?: () => number;
  } = {},
): Dispatcher {
  return createDispatcher({
    database,
    gateway: nas.gateway,
    nasDirectory: scriptedNases(...(options.nasIds ?? ["bng1"])),
    now: options.now ?? (() => new Date()),
    random: () => 0.5,
    ...(options.uptimeMs && { uptimeMs: options.uptimeMs }),
    log: silent,
    nodeId: options.nodeId ?? "node1",
    timing: { pollMs: 50, retries: fastRetries, ...options.timing },
  });
}

export interface SessionFacts {
  readonly applied: unknown;
  readonly applied_digest: string | null;
  readonly obstacle: string | null;
}

export async function sessionFacts(on: Queryable, id: string): Promise<SessionFacts> {
  const [row] = await on.query<SessionFacts>("select applied, applied_digest, obstacle from session where id = $1", [
    id,
  ]);
  return row!;
}

export async function enforcementsOf(on: Queryable, sessionId: string) {
  return await on.query<{
    kind: string;
    outcome: string | null;
    error_cause: number | null;
    reason: string;
    request: Buffer | null;
  }>("select kind, outcome, error_cause, reason, request from enforcement where session_id = $1 order by id", [
    sessionId,
  ]);
}

/** Nothing waits, is under way, or is to be retried. */
export const allDone = (on: Queryable, timeout = 10_000) =>
  vi.waitFor(
    async () => {
      const [row] = await on.query<{ count: number }>("select count(*)::int as count from enforcement_job");
      expect(row!.count).toBe(0);
    },
    { timeout, interval: 20 },
  );
