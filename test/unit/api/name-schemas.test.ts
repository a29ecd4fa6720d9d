import { Type } from "typebox";
import { expect, test } from "vitest";
import { nameSchemas } from "../../../src/api/openapi/name-schemas.ts";
import { documentedAs } from "../../../src/api/shapes.ts";

const named = (schema: unknown) => nameSchemas({ paths: { "/x": { schema } }, components: { responses: {} } });
const plan = { title: "Plan", type: "object", properties: { title: { type: "string" } } };

test("a schema with a title stands in one place, and is referred to from everywhere else", () => {
  const found = named({ anyOf: [plan, { type: "array", items: plan }] });
  const reference = { $ref: "#/components/schemas/Plan" };
  expect(found).toEqual({
    paths: { "/x": { schema: { anyOf: [reference, { type: "array", items: reference }] } } },
    components: { responses: {}, schemas: { Plan: plan } },
  });
});

test("one within another is referred to from there", () => {
  const outer = { title: "Outer", properties: { plan } };
  expect(named(outer)["components"]).toMatchObject({
    schemas: { Outer: { properties: { plan: { $ref: "#/components/schemas/Plan" } } }, Plan: plan },
  });
});

test("two different schemas cannot have one title", () => {
  expect(() => named([plan, { ...plan, type: "string" }])).toThrow("two schemas are called Plan");
});

test("a title within an example names nothing", () => {
  const schema = { type: "object", example: { title: "Dr" }, default: { title: "Mr" } };
  expect(named(schema)).toMatchObject({ paths: { "/x": { schema } }, components: { schemas: {} } });
});

test("what is documented as another schema is shown as that", () => {
  const schema = documentedAs(Type.Unsafe<unknown>({ type: "object" }), Type.String({ description: "shown" }));
  expect(named(schema)).toMatchObject({ paths: { "/x": { schema: { type: "string", description: "shown" } } } });
});
