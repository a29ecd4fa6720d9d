import type { Queryable } from "../database/database.ts";
import { type BreakerScope, breakerScope, breakerSubject } from "../enforcement/breaker.ts";
import { categories } from "../intake/category.ts";
import { sourceById } from "../intake/source-store.ts";
import type { NasDirectory } from "../nas/nas-directory.ts";
import { ApiError } from "./errors.ts";

export interface BreakerCheck {
  readonly database: Queryable;
  readonly nasDirectory: Pick<NasDirectory, "byId">;
}

async function exists({ database, nasDirectory }: BreakerCheck, scope: BreakerScope, name: string): Promise<boolean> {
  switch (scope) {
    case "source":
      return (await sourceById(database, name)) !== undefined;
    case "nas":
      return nasDirectory.byId(name) !== undefined;
    case "category":
      return categories.some((category) => category === name);
    case "base":
      return true;
  }
}

/** A breaker of something that does not exist would hold nothing, whatever its operator meant. Throws unknown-breaker. */
export async function checkBreaker(check: BreakerCheck, id: string): Promise<void> {
  const scope = breakerScope(id);
  if (scope === undefined)
    throw new ApiError(
      "unknown-breaker",
      `there is no breaker "${id}": its id is "base", or "source:", "category:" or "nas:" and a name`,
    );
  const name = breakerSubject(id);
  if (!(await exists(check, scope, name)))
    throw new ApiError("unknown-breaker", `there is no breaker "${id}": there is no ${scope} "${name}"`);
}
