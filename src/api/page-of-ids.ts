import type { Page, PageRequest } from "../database/page.ts";
import { ApiError } from "./errors.ts";

interface Named {
  readonly id: string;
}

/** One page of what is in memory, by id. */
export function pageOfIds<Item extends Named>(all: readonly Item[], { limit, cursor }: PageRequest): Page<Item> {
  const after = cursor === undefined ? undefined : idIn(cursor);
  const rest = all.filter(({ id }) => after === undefined || id > after).sort((a, b) => (a.id < b.id ? -1 : 1));
  const items = rest.slice(0, limit);
  const last = rest.length > limit ? items.at(-1) : undefined;
  return { items, next: last ? Buffer.from(JSON.stringify([last.id])).toString("base64url") : null };
}

function idIn(cursor: string): string {
  const [id, ...others] = parsed(cursor);
  if (typeof id === "string" && others.length === 0) return id;
  throw new ApiError("invalid-cursor", "the cursor is not one that a page of this list gave");
}

function parsed(cursor: string): readonly unknown[] {
  try {
    const value: unknown = JSON.parse(Buffer.from(cursor, "base64url").toString("utf8"));
    return Array.isArray(value) ? value : [];
  } catch {
    return [];
  }
}
