import type { Queryable } from "../database/database.ts";

/** The servers, by "host:port", that any process has seen sign. */
export async function serversThatSign(on: Queryable): Promise<string[]> {
  const rows = await on.query<{ server: string }>("select upstream_signing.server from upstream_signing");
  return rows.map(({ server }) => server);
}

export async function rememberSigning(on: Queryable, servers: readonly string[], at: Date): Promise<void> {
  await on.query(
    `insert into upstream_signing (server, since) select server, $2 from unnest($1::text[]) as server
     on conflict (server) do nothing`,
    [servers, at],
  );
}
