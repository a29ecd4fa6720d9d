import { readCursor, writeCursor } from "../database/cursor.ts";
import type { Queryable } from "../database/database.ts";
import type { Page, PageRequest } from "../database/page.ts";
import { type Category, categories, categoryOf } from "./category.ts";
import { IntakeError } from "./intake-error.ts";
import type { Json } from "./observation.ts";
import type { Source, SourceKind } from "./source.ts";

/** As an operator says it: categories in any of the words that reports may use. */
export interface SourceInput extends Omit<Source, "categories"> {
  readonly categories?: readonly string[];
}

interface SourceRow {
  readonly id: string;
  readonly kind: SourceKind;
  readonly trust: number;
  readonly categories: Category[] | null;
  readonly max_observations_per_hour: number | null;
  readonly mail: Json | null;
}

const columns =
  "source.id, source.kind, source.trust, source.categories, source.max_observations_per_hour, source.mail";

const sourceFromRow = (row: SourceRow): Source => ({
  id: row.id,
  kind: row.kind,
  trust: row.trust,
  ...(row.categories === null ? {} : { categories: row.categories }),
  ...(row.max_observations_per_hour === null ? {} : { maxObservationsPerHour: row.max_observations_per_hour }),
  ...(row.mail === null ? {} : { mail: row.mail }),
});

function category(word: string): Category {
  const known = categoryOf(word);
  if (!known) throw new IntakeError("unknown-category", `the categories are ${categories.join(", ")}`);
  return known;
}

/** Creates or replaces a source. Throws IntakeError: unknown-category. */
export async function putSource(on: Queryable, input: SourceInput): Promise<Source> {
  const known = input.categories && [...new Set(input.categories.map(category))];
  const rows = await on.query<SourceRow>(
    `insert into source (id, kind, trust, categories, max_observations_per_hour, mail)
     values ($1, $2, $3, $4, $5, $6)
     on conflict (id) do update set kind = excluded.kind, trust = excluded.trust, categories = excluded.categories,
       max_observations_per_hour = excluded.max_observations_per_hour, mail = excluded.mail, updated_at = now()
     returning ${columns}`,
    [
      input.id,
      input.kind,
      input.trust,
      known ?? null,
      input.maxObservationsPerHour ?? null,
      input.mail === undefined ? null : JSON.stringify(input.mail),
    ],
  );
  const [row] = rows;
  if (!row) throw new Error(`source ${input.id} was not stored`);
  return sourceFromRow(row);
}

export async function sourceById(on: Queryable, id: string): Promise<Source | undefined> {
  const [row] = await on.query<SourceRow>(`select ${columns} from source where source.id = $1`, [id]);
  return row && sourceFromRow(row);
}

export async function listSources(on: Queryable, page: PageRequest): Promise<Page<Source>> {
  const [after] = page.cursor === undefined ? [] : readCursor(page.cursor, ["text"]);
  const rows = await on.query<SourceRow>(
    `select ${columns} from source where $1::text is null or source.id > $1 order by source.id limit $2`,
    [after ?? null, page.limit + 1],
  );
  const items = rows.slice(0, page.limit).map(sourceFromRow);
  const last = items.at(-1);
  return { items, next: rows.length > page.limit && last ? writeCursor([last.id]) : null };
}

const isForeignKeyViolation = (error: unknown): boolean =>
  error instanceof Error && "code" in error && error.code === "23503";

/** Returns whether there was one. Throws IntakeError: source-in-use, since its reports must stay explicable. */
export async function deleteSource(on: Queryable, id: string): Promise<boolean> {
  try {
    return (await on.query("delete from source where source.id = $1 returning source.id", [id])).length > 0;
  } catch (error) {
    if (!isForeignKeyViolation(error)) throw error;
    throw new IntakeError("source-in-use", `source ${id} has sent reports`);
  }
}
