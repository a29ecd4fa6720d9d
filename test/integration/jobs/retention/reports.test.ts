import { randomUUID } from "node:crypto";
import { afterAll, beforeAll, beforeEach, describe, expect, test } from "vitest";
import { explainCase } from "../../../../src/response/explain-case.ts";
import { createTestDatabase, type TestDatabase } from "../../../support/test-database.ts";
import { customerAt } from "../../response/customers.ts";
import { reporterOn } from "../../response/reporter.ts";
import { caseBench } from "./case-bench.ts";
import { daysAgo, runRetention } from "./retention-bench.ts";

let db: TestDatabase;
let bench: ReturnType<typeof caseBench>;
beforeAll(async () => {
  db = await createTestDatabase();
  bench = caseBench(db.database);
});
afterAll(() => db.drop());
beforeEach(() => bench.reset());

describe("a report", () => {
  const nobody = { ip: "198.51.100.1", category: "botnet" };
  const at = (days: number) => ({ ...nobody, at: daysAgo(days + 0.1).toISOString() });

  test("about addresses that nobody held goes by when it came, and one of which all was refused", async () => {
    const reporter = reporterOn(db.database);
    await reporter.list("feed", daysAgo(201), [at(201), { ip: "nonsense" }]);
    await reporter.list("feed", daysAgo(201), [{ ip: "nonsense" }]);
    const young = await reporter.list("feed", daysAgo(199), [at(199)]);
    expect(await runRetention(db.database)).toMatchObject({ reportsRemoved: 2, observationsRemoved: 1 });
    expect(await db.database.query("select id from report")).toEqual([{ id: young.id }]);
  });

  test("of which an observation is in an open case stays, and loses the others", async () => {
    await customerAt(db.database, "alice", "192.0.2.1", daysAgo(301));
    const mixed = [{ ...at(300), ip: "192.0.2.1" }, at(300)];
    const { id, cases } = await reporterOn(db.database).list("feed", daysAgo(300), mixed);
    expect(await runRetention(db.database)).toMatchObject({ reportsRemoved: 0, observationsRemoved: 1 });
    expect(await explainCase(db.database, cases[0]!)).toMatchObject({ chain: [{ report: { id, row: 1 } }] });
    expect(await bench.count("observation")).toBe(1);
  });

  test("with thousands of rows goes all the same", async () => {
    const id = randomUUID();
    await db.database.query(
      "insert into report (id, source_id, received_at, format, sha256, byte_count) values ($1, 'feed', $2, 'native', '', 1)",
      [id, daysAgo(300)],
    );
    await db.database.query(
      `insert into observation (report_id, row_number, source_id, fingerprint, observed_at, ip, category, severity, verdict,
         verdict_reason, received_at)
       select $1, number, 'feed', 'f' || number, $2, '198.51.100.1', 'botnet', 'high', 'none', 'x', $2
       from generate_series(1, 11000) as number`,
      [id, daysAgo(300)],
    );
    expect(await runRetention(db.database)).toMatchObject({ reportsRemoved: 1, observationsRemoved: 11_000 });
  });
});

describe("an audit entry", () => {
  const entry = (subject: string, at: Date, actor = "key:x") =>
    db.database.query("insert into audit (at, actor, action, subject) values ($1, $2, 'x', $3)", [at, actor, subject]);
  const subjects = async () =>
    (await db.database.query<{ subject: string }>("select subject from audit where action = 'x' order by id")).map(
      ({ subject }) => subject,
    );

  test("goes by its age", async () => {
    await entry("nas:old", daysAgo(201));
    await entry("nas:young", daysAgo(199));
    expect(await runRetention(db.database)).toMatchObject({ auditEntriesRemoved: 1, auditEntriesOverdue: 0 });
    expect(await subjects()).toEqual(["nas:young"]);
  });

  test("about a case that is there, or an order that stands, stays", async () => {
    const { caseId } = await bench.reported("alice", "192.0.2.1", daysAgo(300));
    await entry(`case:${caseId}`, daysAgo(299));
    await entry("case:4711", daysAgo(299));
    await entry("case:nonsense", daysAgo(299));
    await entry("subscriber:alice", daysAgo(301));
    await entry("subscriber:alice", daysAgo(299));
    expect(await runRetention(db.database)).toMatchObject({ auditEntriesRemoved: 3, auditEntriesKept: 2 });
    expect(await subjects()).toEqual([`case:${caseId}`, "subscriber:alice"]);
  });
});
