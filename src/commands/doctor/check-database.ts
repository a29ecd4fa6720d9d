import { readdir } from "node:fs/promises";
import type { Queryable } from "../../database/database.ts";
import { isServerListening } from "../listening-server-store.ts";
import { appliedMigrations, databaseFacts, overdueJobs } from "./database-facts-store.ts";
import { type Finding, failure, ok, warning } from "./finding.ts";

const folder = new URL("../../../migrations/", import.meta.url);
const OLDEST_VERSION = 150_000;
/** What one server opens with one worker, and some room for commands. */
const LEAST_CONNECTIONS = 40;
const MOST_CLOCK_DIFFERENCE_MS = 2_000;

/** Version, durability (an acknowledged record must survive a crash), room, clock. */
async function checkSettings(on: Queryable): Promise<Finding[]> {
  const askedAt = Date.now();
  const { version, fsync, synchronousCommit, maxConnections, now } = await databaseFacts(on);
  const apartMs = Math.max(0, askedAt - now.getTime(), now.getTime() - Date.now());
  const about = "database";
  const findings: Finding[] = [ok(about, `PostgreSQL ${Math.floor(version / 10_000)}.${version % 10_000} answers`)];
  if (version < OLDEST_VERSION)
    findings.push(failure(about, "it is older than PostgreSQL 15", "upgrade it, or leave DATABASE_URL out"));
  if (!fsync) findings.push(failure(about, "fsync is off: a crash loses acknowledged records", "set fsync = on"));
  if (!synchronousCommit) {
    const text = "synchronous_commit is off: a crash loses acknowledged records";
    findings.push(failure(about, text, "set synchronous_commit = on, also for the role and the database"));
  }
  if (maxConnections < LEAST_CONNECTIONS)
    findings.push(warning(about, `max_connections is ${maxConnections}`, `set at least ${LEAST_CONNECTIONS}`));
  if (apartMs > MOST_CLOCK_DIFFERENCE_MS) {
    const text = `its clock and this machine's are ${Math.round(apartMs / 1000)} s apart`;
    findings.push(failure(about, text, "keep both by NTP: who held an address is decided by time"));
  }
  return findings;
}

/** "current", or what is wrong. Nothing is changed. */
async function checkSchema(on: Queryable): Promise<Finding> {
  const about = "schema";
  const applied = await appliedMigrations(on);
  if (!applied) return failure(about, "the database is empty", "weir migrate, or start the server");
  const shipped = (await readdir(folder)).filter((name) => name.endsWith(".sql")).map((name) => name.slice(0, -4));
  const pending = shipped.filter((name) => !applied.includes(name));
  const unknown = applied.filter((name) => !shipped.includes(name));
  if (unknown.length > 0)
    return failure(about, `newer than this program: ${unknown.join(", ")}`, "run the version that the server runs");
  if (pending.length > 0) return failure(about, `not up to date: ${pending.sort().join(", ")}`, "weir migrate");
  return ok(about, `up to date (${applied.at(-1)})`);
}

async function checkEnforcement(on: Queryable): Promise<Finding[]> {
  const about = "enforcement";
  const isRunning = await isServerListening(on);
  const overdue = await overdueJobs(on);
  const server = isRunning
    ? ok(about, "a server listens for what was ordered")
    : warning(about, "no server is connected to this database", "npm start: until then nothing is carried out");
  if (overdue === 0) return [server];
  return [
    server,
    failure(about, `${overdue} sessions wait for their profile for over a minute`, "see the server's log"),
  ];
}

export interface DatabaseCheck {
  readonly findings: readonly Finding[];
  /** Whether its tables can be asked. */
  readonly isUsable: boolean;
}

export async function checkDatabase(on: Queryable): Promise<DatabaseCheck> {
  const settings = await checkSettings(on);
  const schema = await checkSchema(on);
  const isUsable = schema.level === "ok";
  return { findings: [...settings, schema, ...(isUsable ? await checkEnforcement(on) : [])], isUsable };
}
