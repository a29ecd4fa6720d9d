import type { Transaction } from "../../../src/database/database.ts";
import type { AccountingEvent } from "../../../src/session/accounting-event.ts";
import type { OpenedSession } from "../../../src/session/opened-session.ts";
import type { SessionNotices } from "../../../src/session/session-notices.ts";
import {
  createSessionRecorder,
  type RecorderLimits,
  type SessionRecorder,
} from "../../../src/session/session-recorder.ts";
import { createTestDatabase, type TestDatabase } from "../../support/test-database.ts";
import { noon, record } from "../../unit/session/accounting-record.ts";

export interface RecorderHarness extends TestDatabase {
  readonly recorder: SessionRecorder;
  readonly opened: OpenedSession[];
  readonly errors: unknown[];
  /** Records them one after another, each after the one before was committed. */
  inTurn(...events: AccountingEvent[]): Promise<void>;
  /** Another recorder on the same database, as another node would have. */
  anotherRecorder(limits?: Partial<RecorderLimits>): SessionRecorder;
  stop(): Promise<void>;
}

export interface RecorderHarnessOptions {
  readonly autoSubscribers?: boolean;
  readonly limits?: Partial<RecorderLimits>;
  readonly notices?: SessionNotices;
  readonly onOpened?: (trx: Transaction, sessions: readonly OpenedSession[]) => Promise<boolean>;
}

/** A database with two NASes (bng1, bng2), and a recorder on it. */
export async function createRecorderHarness(options: RecorderHarnessOptions = {}): Promise<RecorderHarness> {
  const test = await createTestDatabase();
  await test.database.query(
    `insert into nas (id, address, secret_sealed, vendor)
     values ('bng1', '127.0.0.1', '\\x00', 'generic'), ('bng2', '127.0.0.2', '\\x00', 'generic')`,
  );
  const opened: OpenedSession[] = [];
  const errors: unknown[] = [];
  const anotherRecorder = (limits: Partial<RecorderLimits> = options.limits ?? {}) =>
    createSessionRecorder({
      database: test.database,
      now: () => new Date(),
      autoSubscribers: options.autoSubscribers ?? true,
      hooks: {
        opened: async (trx, sessions) => {
          opened.push(...sessions);
          return (await options.onOpened?.(trx, sessions)) ?? false;
        },
        committed: () => undefined,
      },
      ...(options.notices && { notices: options.notices }),
      onError: (error) => errors.push(error),
      limits,
    });
  const recorder = anotherRecorder();
  const inTurn = async (...events: AccountingEvent[]) => {
    for (const event of events) await recorder.record(event);
  };
  const stop = async () => {
    await recorder.stop();
    await test.drop();
  };
  return { ...test, recorder, opened, errors, inTurn, anotherRecorder, stop };
}

export const at = (seconds: number): Date => new Date(noon + seconds * 1000);

/** A record of session number `n`, which has an id, username and address of its own. */
export const recordOf = (
  n: number,
  status: AccountingEvent["status"],
  seconds: number,
  rest: Partial<AccountingEvent> = {},
): AccountingEvent =>
  record(status, seconds, {
    acctSessionId: `S${n}`,
    username: `user${n}@isp.example`,
    ipv4: `100.64.${n >> 8}.${n & 255}`,
    ...rest,
  });
