import { type Static, type TProperties, type TSchema, Type } from "typebox";
import type { PageRequest } from "../database/page.ts";

/** A time in answers: RFC 3339 in UTC, "2026-01-31T12:00:00.000Z". Handlers return the Date. */
export const Time = Type.Unsafe<Date>({ type: "string", format: "date-time" });

/** A time that a caller sends: RFC 3339 with any zone. */
export const GivenTime = Type.String({ format: "date-time", maxLength: 40 });

/** The schema, or null, where an answer always has the field. */
export const nullable = <T extends TSchema>(schema: T) => Type.Union([schema, Type.Null()]);

/** Fields that are always there, and no others. */
export const closed = <T extends TProperties>(properties: T, options: { description?: string } = {}) =>
  Type.Object(properties, { additionalProperties: false, ...options });

/** One page of a list. */
export const pageOf = <T extends TSchema>(items: T) =>
  Type.Unsafe<{ readonly items: readonly Static<T>[]; readonly next: string | null }>(
    closed({ items: Type.Array(items), next: nullable(Type.String({ description: "the cursor of the next page" })) }),
  );

/** An id as other systems give it. */
export const Id = Type.String({ minLength: 1, maxLength: 253, pattern: "^[^\\u0000-\\u001f\\u007f]+$" });

/** An id that we count ourselves: decimal, in text, since it may be larger than a JavaScript number. */
export const NumberedId = Type.String({ pattern: "^[1-9][0-9]{0,17}$" });

/** An IPv4 or IPv6 address, without a zone. The format is ours: see validation.ts. */
export const IpAddress = Type.String({ format: "ip", maxLength: 45 });

/** The query parameters of a list, and its own. */
export const listQuery = <T extends TProperties>(own: T) =>
  closed({
    limit: Type.Optional(Type.Integer({ minimum: 1, maximum: 1000, default: 100 })),
    cursor: Type.Optional(Type.String({ maxLength: 2000, description: "next of the page before" })),
    ...own,
  });

export const pageRequest = (query: { readonly limit?: number; readonly cursor?: string }): PageRequest => ({
  limit: query.limit ?? 100,
  ...(query.cursor === undefined ? {} : { cursor: query.cursor }),
});

export const ProblemShape = Type.Object({
  type: Type.String(),
  title: Type.String(),
  status: Type.Integer(),
  detail: Type.String(),
  code: Type.String({ description: "stable; docs/errors.md lists all" }),
  errors: Type.Optional(
    Type.Array(Type.Object({ pointer: Type.String(), detail: Type.String(), code: Type.Optional(Type.String()) })),
  ),
});
