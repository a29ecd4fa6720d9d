import { type Database, openDatabase } from "../../../../src/database/database.ts";
import { intervalMonths } from "../../../../src/session/interval-month-retention-store.ts";
import { createSessionRecorder } from "../../../../src/session/session-recorder.ts";
import { createTestDatabase } from "../../../support/test-database.ts";
import { record } from "../../../unit/session/accounting-record.ts";
import { emptied } from "./retention-bench.ts";

export interface Login {
  readonly ipv4: string;
  readonly from: Date;
  readonly to: Date;
}

/** A database on which accounting is recorded as the server does it: statements prepared once, their plans kept. */
export async function createAccountingBench() {
  const test = await createTestDatabase();
  const { database } = test;
  const hot = openDatabase({
    url: test.url,
    maxConnections: 4,
    keepsIndexPlans: true,
    onConnectionError: () => undefined,
  });
  const errors: unknown[] = [];
  const recorder = createSessionRecorder({
    database: hot,
    now: () => new Date(),
    autoSubscribers: true,
    hooks: { opened: async () => false, committed: () => undefined },
    onError: (error) => errors.push(error),
  });
  let number = 0;
  /** A login of `name` with that address, and its end, as a NAS tells them. */
  const login = async (name: string, { ipv4, from, to }: Login): Promise<void> => {
    const about = { acctSessionId: `S${++number}`, username: name, ipv4 };
    await recorder.record(record("start", 0, { ...about, at: from, receivedAt: from }));
    await recorder.record(record("stop", 0, { ...about, at: to, receivedAt: to }));
  };
  /** Empty, and the address history without any month, whatever day it is. */
  const reset = async (): Promise<void> => {
    errors.length = 0;
    await database.query(`truncate ${emptied}, kept_session cascade`);
    await dropMonths(database);
  };
  const stop = async (): Promise<void> => {
    await recorder.stop();
    await hot.close();
    await test.drop();
  };
  return { database, url: test.url, hot, errors, login, reset, stop };
}

export async function dropMonths(database: Database): Promise<void> {
  for (const { name } of await intervalMonths(database)) await database.query(`drop table ${name}`);
}

/** Tables of the months that there are. */
export const monthsOf = async (database: Database): Promise<string[]> =>
  (await intervalMonths(database)).map(({ name }) => name);

export const monthTable = (at: Date): string => `address_interval_${at.toISOString().slice(0, 7).replace("-", "_")}`;
