import pg from "pg";

export interface EnforcementCounts {
  /** Attempts with an outcome, by outcome. */
  readonly outcomes: Readonly<Record<string, number>>;
  /** Sessions that still have to be brought to their profile. */
  readonly waiting: number;
}

/** What the server's database says of enforcement, asked past the server. */
export interface EnforcementCountStore {
  counts(): Promise<EnforcementCounts>;
  close(): Promise<void>;
}

export async function openEnforcementCountStore(url: string): Promise<EnforcementCountStore> {
  const client = new pg.Client({ connectionString: url });
  await client.connect();
  return {
    counts: async () => {
      const { rows } = await client.query<{ outcome: string | null; count: number; waiting: number }>(
        `select enforcement.outcome, count(*)::int as count, (select count(*)::int from enforcement_job) as waiting
         from (values (0)) as one (row) left join enforcement on enforcement.outcome is not null
         group by enforcement.outcome`,
      );
      const known = rows.flatMap(({ outcome, count }) => (outcome === null ? [] : [[outcome, count] as const]));
      return { outcomes: Object.fromEntries(known), waiting: rows[0]?.waiting ?? 0 };
    },
    close: () => client.end(),
  };
}
