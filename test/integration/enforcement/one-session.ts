import type { Database } from "../../../src/database/database.ts";
import type { Dispatcher } from "../../../src/enforcement/dispatcher.ts";
import { liftMeasure } from "../../../src/enforcement/lift-measure.ts";
import type { MeasureKind } from "../../../src/enforcement/measure.ts";
import { measureViewOfKind } from "../../../src/enforcement/measure-view-store.ts";
import type { OutcomeDetail } from "../../../src/enforcement/outcome.ts";
import { createTestDatabase } from "../../support/test-database.ts";
import { addSession, addSubscriber, person, startDispatcher } from "./fixtures.ts";
import { createScriptedNas, type Script, type ScriptedNas } from "./scripted-nas.ts";

/** The subscriber "s1" with one open session, on equipment that answers as a test says. */
export interface OneSession {
  readonly database: Database;
  readonly session: string;
  readonly nas: ScriptedNas;
  readonly dispatcher: Dispatcher | undefined;
  start(script: Script, options?: Parameters<typeof startDispatcher>[2]): void;
  settle(): Promise<void>;
  lift(kind: MeasureKind): ReturnType<typeof liftMeasure>;
  view(kind: MeasureKind): ReturnType<typeof measureViewOfKind>;
  /** Before each test. */
  begin(): Promise<void>;
  /** After each test. */
  clear(): Promise<void>;
  drop(): Promise<void>;
}

export async function createOneSession(): Promise<OneSession> {
  const { database, drop } = await createTestDatabase();
  let nas = createScriptedNas();
  let dispatcher: Dispatcher | undefined;
  let session = "";
  return {
    database,
    get session() {
      return session;
    },
    get nas() {
      return nas;
    },
    get dispatcher() {
      return dispatcher;
    },
    start: (script, options = {}) => {
      nas = createScriptedNas(script);
      dispatcher = startDispatcher(database, nas, options);
    },
    settle: async () => {
      dispatcher?.wake();
      await dispatcher?.settled("s1", 5_000);
    },
    lift: (kind) =>
      database.transaction((trx) => liftMeasure(trx, { subscriberId: "s1", kind, by: person, now: new Date() })),
    view: (kind) => measureViewOfKind(database, { subscriberId: "s1", kind }),
    begin: async () => {
      await addSubscriber(database, "s1");
      session = await addSession(database, "s1");
    },
    clear: async () => {
      await dispatcher?.stop();
      dispatcher = undefined;
      await database.query("truncate enforcement_job, enforcement, session, measure, subscriber cascade");
    },
    drop,
  };
}

/** Gives these answers one after another, and the last one from then on. */
export const inTurn = (...answers: OutcomeDetail[]): Script => {
  let turn = 0;
  return { answer: () => answers[Math.min(turn++, answers.length - 1)] ?? { kind: "no-answer" } };
};
