import { stat } from "node:fs/promises";
import { join } from "node:path";
import { borrowPostgres } from "../../borrow-postgres.ts";
import type { Config } from "../../config/config.ts";
import { type Database, openDatabase } from "../../database/database.ts";
import { createKeyRing } from "../../secrets/key-ring.ts";
import { storedKey } from "../../secrets/stored-key.ts";
import { databaseProblem } from "../database-problem.ts";
import { failureText } from "../failure-text.ts";
import type { Ending } from "../interruption.ts";
import { checkDatabase } from "./check-database.ts";
import { checkFiles } from "./check-files.ts";
import { checkNases } from "./check-nases.ts";
import { checkPorts } from "./check-ports.ts";
import { checkUpstream } from "./check-upstream.ts";
import { type Finding, failure, ok, warning } from "./finding.ts";
import { nasRecords } from "./nas-record-store.ts";

const MAX_CONNECTIONS = 2;

async function exists(path: string): Promise<boolean> {
  return await stat(path).then(
    () => true,
    (error: NodeJS.ErrnoException) => error.code !== "ENOENT",
  );
}

/** Only where there is a key: a new one would open nothing, and doctor makes nothing. */
async function checkRegistrations(config: Config, database: Database): Promise<Finding[]> {
  const keyFile = join(config.dataDir, "secret-key");
  if (config.secretKeys === undefined && !(await exists(keyFile)))
    return [warning("nas", "not looked at: there is no key to open their secrets with", "set WEIR_SECRET_KEY")];
  const keyRing = createKeyRing(config.secretKeys ?? [(await storedKey(keyFile)).text]);
  return checkNases(await nasRecords(database, keyRing), new Date());
}

async function examineDatabase(config: Config, url: string): Promise<Finding[]> {
  const database = openDatabase({ url, maxConnections: MAX_CONNECTIONS, onConnectionError: () => undefined });
  try {
    const { findings, isUsable } = await checkDatabase(database);
    return isUsable ? [...findings, ...(await checkRegistrations(config, database))] : [...findings];
  } catch (error) {
    return [
      failure(
        "database",
        databaseProblem(error) ?? failureText(error),
        "does DATABASE_URL name the right host, database, user and password?",
      ),
    ];
  } finally {
    await database.close();
  }
}

/** The embedded PostgreSQL is started if it does not run, and ended again; one that was never made is not made. */
async function examineEmbedded(config: Config, ending: Promise<Ending>): Promise<Finding[] | Ending> {
  if (!(await exists(join(config.dataDir, "postgres", "PG_VERSION"))))
    return [warning("database", "the embedded PostgreSQL does not exist yet", "npm start, or weir migrate, makes it")];
  try {
    const postgres = await borrowPostgres(config.dataDir);
    try {
      return await Promise.race([examineDatabase(config, postgres.url), ending]);
    } finally {
      await postgres.stop();
    }
  } catch (error) {
    const isForbidden = error instanceof Error && "code" in error && error.code === "EACCES";
    const hint = isForbidden ? "run doctor as the server's user" : `see ${config.dataDir}/postgres/log`;
    return [failure("database", failureText(error), hint)];
  }
}

function checkSettings({ warnings }: Config): Finding[] {
  if (warnings.length === 0) return [ok("configuration", "nothing is wrong with it")];
  return warnings.map((text) => warning("configuration", text, "leave it out, or see README.md"));
}

type Check = (config: Config, ending: Promise<Ending>) => Promise<Finding[] | Ending>;

const checks: readonly Check[] = [
  async (config) => checkSettings(config),
  checkFiles,
  (config, ending) => Promise.race([checkPorts(config), ending]),
  (config, ending) =>
    config.databaseUrl === undefined
      ? examineEmbedded(config, ending)
      : Promise.race([examineDatabase(config, config.databaseUrl), ending]),
  (config, ending) => Promise.race([checkUpstream(config), ending]),
];

/**
 * Looks at everything, one thing after another; nothing that fails keeps the rest from being looked at. Asked to end, it
 * gives back what it started, and says why it ended.
 */
export async function examine(config: Config, ending: Promise<Ending>): Promise<Finding[] | Ending> {
  const findings: Finding[] = [];
  for (const check of checks) {
    const found = await check(config, ending);
    if (typeof found === "string") return found;
    findings.push(...found);
  }
  return findings;
}
