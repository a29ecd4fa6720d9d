import { isIP } from "node:net";
import { Ajv } from "ajv";
import addFormats from "ajv-formats";
import type { FastifyInstance } from "fastify";
import { readMoment } from "./read-moment.ts";
import { closed } from "./shapes.ts";

/** Ajv's own compares every item with every other one: a body of half a million would hold everything up for seconds. */
const uniqueItems = (isAsked: boolean) => (items: readonly unknown[]) =>
  !isAsked || new Set(items.map((item) => JSON.stringify(item))).size === items.length;

const newAjv = (coerceTypes: boolean): Ajv => {
  const ajv = new Ajv({ coerceTypes, allErrors: true, useDefaults: true, removeAdditional: false, strict: false });
  addFormats.default(ajv);
  ajv.addFormat("ip", (text: string) => isIP(text) !== 0 && !text.includes("%"));
  ajv.addFormat("date-time", (text: string) => readMoment(text) !== undefined);
  ajv.removeKeyword("uniqueItems");
  ajv.addKeyword({ keyword: "uniqueItems", type: "array", schemaType: "boolean", compile: uniqueItems });
  return ajv;
};

/**
 * Bodies are taken as they are: "5" is no number. What comes in the path and query is text by nature, so it is read as
 * what the schema wants; a parameter given twice, or that nobody knows, is refused, also where a route has none.
 */
export function validateStrictly(app: FastifyInstance): void {
  const body = newAjv(false);
  const text = newAjv(true);
  app.setValidatorCompiler(({ schema, httpPart }) => (httpPart === "body" ? body : text).compile(schema as object));
  app.addHook("onRoute", (route) => {
    if (route.config?.right !== "open") route.schema = { querystring: closed({}), ...route.schema };
  });
}
