import { pino } from "pino";
import { afterEach, beforeEach, expect, test } from "vitest";
import { startJobs } from "../../../src/jobs/job-schedule.ts";
import { createTestDatabase, type TestDatabase } from "../../support/test-database.ts";

let db: TestDatabase;
const before = process.env["TZ"];

beforeEach(async () => {
  db = await createTestDatabase();
  process.env["TZ"] = "Asia/Kolkata";
});
afterEach(async () => {
  if (before === undefined) delete process.env["TZ"];
  else process.env["TZ"] = before;
  await db.drop();
});

// In a file of its own: node-cron remembers the zone of its first time.
test("a job's times are UTC, whatever the machine's are", async () => {
  const job = { name: "nightly", schedule: "15 3 * * *", limitMs: 1000, run: async () => ({}) };
  const log = pino({ level: "silent" });
  const schedule = startJobs({ database: db.database, jobs: [job], now: () => new Date(), log });
  try {
    expect(new Date(0).getHours()).toBe(5);
    const [view] = await schedule.list();
    expect(view?.nextRunAt?.toISOString()).toMatch(/T03:15:00/);
  } finally {
    await schedule.stop();
  }
});
