import { chmod, mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import pg from "pg";
import type { TestProject } from "vitest/node";
import { startEmbeddedPostgres } from "../../src/database/embedded-postgres.ts";
import { migrate } from "../../src/database/migrate.ts";

declare module "vitest" {
  export interface ProvidedContext {
    clusterUrl: string;
  }
}

export const templateName = "weir_template";

async function execute(url: string, statement: string): Promise<void> {
  const client = new pg.Client({ connectionString: url });
  await client.connect();
  try {
    await client.query(statement);
  } finally {
    await client.end();
  }
}

/** One PostgreSQL for the whole run, with a migrated template that each test file clones. */
export default async function setup(project: TestProject): Promise<() => Promise<void>> {
  const dataFolder = await mkdtemp(join(tmpdir(), "weir-test-"));
  await chmod(dataFolder, 0o755);
  // Tests lose nothing that matters when the machine stops, so they need not wait for its disk.
  const postgres = await startEmbeddedPostgres({ dataFolder, settings: ["fsync=off", "shared_buffers=128MB"] });
  const url = new URL(postgres.url);
  await execute(url.href, `create database ${templateName}`);
  const template = new URL(url);
  template.pathname = `/${templateName}`;
  await migrate(template.href);
  project.provide("clusterUrl", url.href);
  return async () => {
    await postgres.stop();
    await rm(dataFolder, { recursive: true, force: true });
  };
}
