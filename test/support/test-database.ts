import { randomBytes } from "node:crypto";
import pg from "pg";
import { inject } from "vitest";
import { type Database, openDatabase } from "../../src/database/database.ts";
import { templateName } from "./test-cluster.ts";

export interface TestDatabase {
  readonly database: Database;
  readonly url: string;
  /** Closes the pool and drops the database; call it in afterAll. */
  drop(): Promise<void>;
}

async function onCluster(statement: string): Promise<void> {
  const client = new pg.Client({ connectionString: inject("clusterUrl") });
  await client.connect();
  try {
    await client.query(statement);
  } finally {
    await client.end();
  }
}

/** A migrated database of its own for one test file: a clone of the template. */
export async function createTestDatabase(options: { maxConnections?: number } = {}): Promise<TestDatabase> {
  const name = `weir_${randomBytes(6).toString("hex")}`;
  await onCluster(`create database ${name} template ${templateName}`);
  const url = new URL(inject("clusterUrl"));
  url.pathname = `/${name}`;
  const database = openDatabase({
    url: url.href,
    maxConnections: options.maxConnections ?? 8,
    onConnectionError: () => undefined,
  });
  const drop = async () => {
    await database.close();
    await onCluster(`drop database if exists ${name} with (force)`);
  };
  return { database, url: url.href, drop };
}
