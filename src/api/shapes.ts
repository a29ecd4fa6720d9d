import { type Static, type TProperties, type TSchema, Type } from "typebox";
import type { PageRequest } from "../database/page.ts";

/** A time in answers: RFC 3339 in UTC, "2026-01-31T12:00:00.000Z". Handlers return the Date. */
export const Time = Type.Unsafe<Date>({ type: "string", format: "date-time" });

/** A time that a caller sends: RFC 3339 with any zone. */
export const GivenTime = Type.String({ format: "date-time", maxLength: 40 });

/** The schema, or null, where an answer always has the field. */
export const nullable = <T extends TSchema>(schema: T) => Type.Union([schema, Type.Null()]);

interface ShapeOptions {
  /** Its name in the OpenAPI document, where it stands once. */
  readonly title?: string;
  readonly description?: string;
  readonly examples?: readonly unknown[];
}

/** Fields that are always there, and no others. */
export const closed = <T extends TProperties>(properties: T, options: ShapeOptions = {}) =>
  Type.Object(properties, { additionalProperties: false, ...options });

/** One of some words. */
export const oneOf = <Word extends string>(words: readonly Word[], options: { readonly description?: string } = {}) =>
  Type.Unsafe<Word>({ type: "string", enum: [...words], ...options });

/** Any names, each with such a value. */
export const mapOf = <T extends TSchema>(values: T, options: ShapeOptions = {}) =>
  Type.Unsafe<Readonly<Record<string, Static<T>>>>({ type: "object", additionalProperties: values, ...options });

/** An object of which nothing is laid down: what others sent, or what differs from one use to the next. */
export const anything = (description: string) =>
  Type.Unsafe<Readonly<Record<string, unknown>>>({ type: "object", additionalProperties: true, description });

/**
 * Checked by `schema`, but shown to readers as `documented`: for fields whose own reader tells better what is wrong with
 * them than a union of schemas would.
 */
export const documentedAs = <T extends TSchema>(schema: T, documented: TSchema): T => ({
  ...schema,
  [DOCUMENTED]: documented,
});
export const DOCUMENTED = "x-documented";

/** One page of a list. */
export const pageOf = <T extends TSchema>(items: T) =>
  Type.Unsafe<{ readonly items: readonly Static<T>[]; readonly next: string | null }>(
    closed({ items: Type.Array(items), next: nullable(Type.String({ description: "the cursor of the next page" })) }),
  );

/** An id as other systems give it. */
export const Id = Type.String({
  minLength: 1,
  maxLength: 253,
  pattern: "^[^\\u0000-\\u001f\\u007f]+$",
  description: "the id that it was put with",
});

/** An id that we count ourselves: decimal, in text, since it may be larger than a JavaScript number. */
export const NumberedId = Type.String({ pattern: "^[1-9][0-9]{0,17}$", description: "the id that its answer gave" });

/** An id that we make up. */
export const Uuid = Type.String({ format: "uuid", description: "the id that its answer gave" });

/** An IPv4 or IPv6 address, without a zone. The format is ours: see validation.ts. */
export const IpAddress = Type.String({ format: "ip", maxLength: 45 });

const limit = Type.Integer({
  minimum: 1,
  maximum: 1000,
  default: 100,
  description: "how many items a page has at most",
});
const cursor = Type.String({ maxLength: 2000, description: "`next` of the page before; absent: the first page" });

/** The same schema, with words of its own for one place. */
export const documented = <T extends TSchema>(schema: T, description: string): T => ({ ...schema, description });

/** The body of a call that may be sent without one: one "type" keyword, so that a fault is told once and plainly. */
export const optionalBody = <T extends TProperties>(properties: T) => {
  const body = closed(properties);
  return Type.Optional(Type.Unsafe<Static<typeof body> | null>({ ...body, type: ["object", "null"] }));
};

/** The body of a call that says everything in its address. */
export const nothing = optionalBody({});

/** The query parameters of a list, and its own. */
export const listQuery = <T extends TProperties>(own: T) =>
  closed({ limit: Type.Optional(limit), cursor: Type.Optional(cursor), ...own });

export const pageRequest = (query: { readonly limit?: number; readonly cursor?: string }): PageRequest => ({
  limit: query.limit ?? 100,
  ...(query.cursor === undefined ? {} : { cursor: query.cursor }),
});
