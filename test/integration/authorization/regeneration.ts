import { expect } from "vitest";
import { Code } from "../../../src/radius/code.ts";
import type { Reveal } from "../../../src/subscriber/credential-store.ts";
import { createTestDatabase, type TestDatabase } from "../../support/test-database.ts";
import {
  type Answer,
  addSubscriber,
  clearLogins,
  credentials,
  type Harness,
  harnessOn,
  login,
  nasOf,
  order,
} from "./login-harness.ts";
import { type MethodName, methods } from "./login-methods.ts";

/** A subscriber "s1" with the usernames alice and alice2 and the password "old", who logs in through a MikroTik. */
export interface Regeneration {
  readonly database: TestDatabase["database"];
  readonly harness: Harness;
  enter(password: string, how?: Entering): Promise<Answer>;
  arm(answer: "reject" | "walled-garden"): Promise<unknown>;
  measure(): Promise<{ readonly state: string; readonly progress: string } | undefined>;
  /** How often the password was regenerated; each withdraws one. */
  regenerations(): Promise<number>;
  reveal(): Promise<Reveal>;
  newPassword(): Promise<string>;
  /** The server ends and another one starts on the same database. */
  restart(): Promise<void>;
  /** As before the first test. */
  begin(): Promise<void>;
  stop(): Promise<void>;
}

interface Entering {
  readonly by?: MethodName;
  readonly username?: string;
  /** Another node of the cluster. */
  readonly through?: Harness;
}

export const nas = nasOf("mikrotik");

export async function createRegeneration(): Promise<Regeneration> {
  const test_ = await createTestDatabase({ maxConnections: 12 });
  const { database } = test_;
  let harness = harnessOn(database);
  const restart = async () => {
    await harness.authorizer.stop();
    harness = harnessOn(database);
  };
  const reveal = () =>
    database.transaction((trx) => credentials.reveal(trx, { subscriberId: "s1", by: "key:helpdesk", now: new Date() }));
  return {
    database,
    get harness() {
      return harness;
    },
    enter: (password, { by = "PAP", username = "alice", through = harness } = {}) =>
      login(through, nas, methods[by](nas, username, password).packet),
    arm: (answer) => order(database, "s1", { kind: "regenerate-password", params: { when: "next-auth", answer } }),
    measure: async () =>
      (await database.query<{ state: string; progress: string }>("select state, progress from measure"))[0],
    regenerations: async () => {
      const [row] = await database.query<{ count: number }>(
        "select cardinality(credential.withdrawn_sealed) as count from credential where subscriber_id = 's1'",
      );
      return row?.count ?? 0;
    },
    reveal,
    newPassword: async () => {
      const told = await reveal();
      if (told.kind !== "password") throw new Error(told.kind);
      return told.password;
    },
    restart,
    begin: async () => {
      await restart();
      await clearLogins(database);
      await addSubscriber(database, { id: "s1", usernames: ["alice", "alice2"], password: "old" });
    },
    stop: async () => {
      await harness.authorizer.stop();
      await test_.drop();
    },
  };
}

/** Whatever the method, the customer reads what to do; nothing else is in the answer but the method's own failure. */
export const callTheHelpdesk = {
  code: Code.AccessReject,
  attributes: { "Reply-Message": [expect.stringMatching(/^For your protection .*password was replaced.*helpdesk/)] },
};
