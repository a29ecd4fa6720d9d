import { isIP } from "node:net";
import { Ajv } from "ajv";
import addFormats from "ajv-formats";
import type { FastifyInstance } from "fastify";

const newAjv = (coerceTypes: boolean): Ajv => {
  const ajv = new Ajv({ coerceTypes, allErrors: true, useDefaults: true, removeAdditional: false, strict: false });
  addFormats.default(ajv);
  ajv.addFormat("ip", (text: string) => isIP(text) !== 0 && !text.includes("%"));
  return ajv;
};

/**
 * Bodies are taken as they are: "5" is no number. What comes in the path and query is text by nature, so it is read as
 * what the schema wants; a parameter given twice, or that nobody knows, is refused.
 */
export function validateStrictly(app: FastifyInstance): void {
  const body = newAjv(false);
  const text = newAjv(true);
  app.setValidatorCompiler(({ schema, httpPart }) => (httpPart === "body" ? body : text).compile(schema as object));
}

/** PostgreSQL keeps no U+0000 in text, and nothing that we take has one. Returns the pointer to the first, if any. */
export function findNul(value: unknown, pointer = ""): string | undefined {
  if (typeof value === "string") return value.includes("\0") ? pointer : undefined;
  if (typeof value !== "object" || value === null || Buffer.isBuffer(value)) return undefined;
  for (const [key, inner] of Object.entries(value)) {
    if (key.includes("\0")) return pointer;
    const found = findNul(inner, `${pointer}/${key}`);
    if (found !== undefined) return found;
  }
  return undefined;
}
