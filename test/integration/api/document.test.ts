import { Ajv2020 } from "ajv/dist/2020.js";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { type ApiUnderTest, type Body, startApi } from "./api-under-test.ts";
import { createDocumentCheck } from "./document-check.ts";

let api: ApiUnderTest;
let document: Body;
beforeAll(async () => {
  api = await startApi();
  document = (await api.call("GET", "/openapi.json", { key: null })).body;
});
afterAll(() => api.stop());

interface Operation {
  readonly name: string;
  readonly path: string;
  readonly method: string;
  readonly said: Body;
}

const operations = (): Operation[] =>
  Object.entries<Body>(document.paths).flatMap(([path, item]) =>
    Object.entries<Body>(item).map(([method, said]) => ({ name: `${method} ${path}`, path, method, said })),
  );

/** Everything in the document, with the JSON Pointer to it. */
function* parts(node: Body, pointer = ""): Generator<[pointer: string, node: Body]> {
  yield [pointer, node];
  if (typeof node !== "object" || node === null) return;
  for (const [key, inner] of Object.entries(node))
    yield* parts(inner, `${pointer}/${key.replaceAll("~", "~0").replaceAll("/", "~1")}`);
}

const at = (pointer: string): Body =>
  pointer
    .split("/")
    .slice(1)
    .reduce((node, token) => node?.[token.replaceAll("~1", "/").replaceAll("~0", "~")], document);

/** The routes that Fastify has, from the tree that it prints: "├── /v1/nas (GET, HEAD)" and below it "│   └── /:id (GET)". */
function fastifyRoutes(): string[] {
  const above: string[] = [];
  return api.app
    .printRoutes({ commonPrefix: false })
    .split("\n")
    .flatMap((line) => {
      const [, indent = "", part = "", methods = ""] = /^(.*?)[├└]── (\S*) \((.*)\)$/.exec(line) ?? [];
      if (methods === "") return [];
      const depth = indent.length / 4;
      above.splice(depth, above.length, part);
      const path = above.join("").replaceAll(/:(\w+)/g, "{$1}");
      return methods.split(", ").map((method) => `${method.toLowerCase()} ${path}`);
    });
}

describe("the OpenAPI document", () => {
  test("is of version 3.1, and has the parts that OpenAPI wants", () => {
    expect(document).toMatchObject({
      openapi: "3.1.0",
      info: { title: "Weir", version: expect.any(String), description: expect.any(String) },
      servers: [{ url: "/" }],
      components: { securitySchemes: { key: { type: "http", scheme: "bearer" } } },
      security: [{ key: [] }],
    });
    for (const { name, path, said } of operations()) {
      expect(path, name).toMatch(/^\//);
      const declared = (said.parameters ?? []).map((parameter: Body) => `${parameter.in} ${parameter.name}`);
      expect(new Set(declared).size, name).toBe(declared.length);
      const inPath = declared.filter((parameter: string) => parameter.startsWith("path "));
      expect(inPath.sort(), name).toEqual([...path.matchAll(/\{(\w+)\}/g)].map(([, one]) => `path ${one}`).sort());
      for (const [status, response] of Object.entries<Body>(said.responses)) {
        expect(status, name).toMatch(/^[2-5]\d\d$/);
        const { description } = response.$ref ? at(response.$ref.slice(1)) : response;
        expect(description, `${name} ${status}`).toMatch(/\S/);
        expect(description, `${name} ${status}`).not.toBe("Default Response");
      }
    }
  });

  test("names each operation once", () => {
    const ids = operations().map(({ said }) => said.operationId);
    expect(ids.every((id) => /^[a-z][A-Za-z]+$/.test(id))).toBe(true);
    expect(new Set(ids).size).toBe(ids.length);
  });

  test("refers only to what it has", () => {
    const references = [...parts(document)].filter(([pointer]) => pointer.endsWith("/$ref"));
    expect(references.length).toBeGreaterThan(100);
    for (const [pointer, reference] of references)
      expect(at(reference.slice(1)), `${pointer}: ${reference}`).toBeTypeOf("object");
  });

  test("has schemas that are JSON Schema of 2020-12, and can be compiled", () => {
    const ajv = new Ajv2020({ strict: false, validateFormats: false });
    ajv.addSchema(document, "weir");
    const schemas = [...parts(document)].filter(
      ([pointer, node]) =>
        /\/(schema|x-item-schema)$|^\/components\/schemas\/\w+$/.test(pointer) && typeof node === "object",
    );
    expect(schemas.length).toBeGreaterThan(100);
    for (const [pointer, schema] of schemas) {
      expect(ajv.validateSchema(schema), `${pointer} ${ajv.errorsText(ajv.errors)}`).toBe(true);
      expect(ajv.getSchema(`weir#${pointer}`), pointer).toBeTypeOf("function");
    }
  });

  test("says of every object in an answer whether it has more fields than those", () => {
    const vague = [...parts(document)].filter(
      ([, node]) => node?.type === "object" && !("additionalProperties" in node) && !("x-right" in node),
    );
    // What a reader is told of the code's own object stands beside the problem's.
    const others = vague.filter(([pointer]) => !/problem\+json\/schema\/allOf\/1$/.test(pointer));
    const inRequests = /^\/paths\/[^/]+\/\w+\/requestBody\//;
    expect(others.map(([pointer]) => pointer).filter((pointer) => !inRequests.test(pointer))).toEqual([]);
  });

  test("has every route of the server, and no other", () => {
    const described = operations().map(({ name }) => name);
    const served = fastifyRoutes().filter((route) => !route.startsWith("head ") && !/ \/docs(\/|\*|$)/.test(route));
    expect(served.length).toBeGreaterThan(40);
    expect(described.sort()).toEqual(served.sort());
  });

  test("says in words what each operation, and each parameter, is for", () => {
    const tags = document.tags.map((tag: Body) => tag.name);
    for (const { name, said } of operations()) {
      expect(said.summary, name).toMatch(/^[A-Z].{5,}/);
      expect(said.description, name).toMatch(/Takes (no key|a key of role)/);
      expect(said.tags, name).toHaveLength(1);
      expect(tags, name).toContain(said.tags[0]);
      for (const { name: parameter, description } of said.parameters ?? [])
        expect(description, `${name} ${parameter}`).toMatch(/\S/);
    }
  });

  test("declares type and bounds of each parameter", () => {
    for (const { name, said } of operations())
      for (const { name: parameter, schema, required } of said.parameters ?? []) {
        const of = `${name} ${parameter}`;
        expect(schema.type, of).toMatch(/^(string|integer|number)$/);
        if (schema.type === "string") {
          const isBounded =
            schema.enum || schema.maxLength || schema.format === "uuid" || /\{\d+,\d+\}\$$/.test(schema.pattern);
          expect(Boolean(isBounded), of).toBe(true);
        } else {
          expect(schema, of).toMatchObject({ minimum: expect.any(Number), maximum: expect.any(Number) });
        }
        const says = required || "default" in schema || parameter === "Idempotency-Key";
        const { description } = said.parameters.find((one: Body) => one.name === parameter);
        expect(says || /absent: /.test(description), `${of}: what if it is absent`).toBe(true);
      }
  });

  test("describes what each success holds, but for those that hold nothing", () => {
    for (const { name, said } of operations()) {
      const successes = Object.entries<Body>(said.responses).filter(([status]) => status.startsWith("2"));
      expect(successes.length, name).toBeGreaterThan(0);
      for (const [status, { content }] of successes) {
        if (status === "204") expect(content, name).toBeUndefined();
        else for (const media of Object.values<Body>(content)) expect(media.schema, name).toBeTypeOf("object");
      }
    }
  });

  test("has examples that are as their schemas say", () => {
    const ajv = new Ajv2020({ strict: false, validateFormats: false });
    ajv.addSchema(document, "weir");
    const examples = [...parts(document)].filter(
      ([pointer, node]) => /\/content\/application~1[\w+]*json$/.test(pointer) && "example" in node,
    );
    expect(examples.length).toBeGreaterThan(50);
    for (const [pointer, { example }] of examples) {
      const validate = ajv.getSchema(`weir#${pointer}/schema`);
      expect(validate?.(example), `${pointer} ${ajv.errorsText(validate?.errors)}`).toBe(true);
    }
  });

  test("has the problems of every call: its key's, its input's, and ours", () => {
    for (const { name, method, said } of operations().filter(({ said }) => said["x-right"] !== "open")) {
      const statuses = Object.keys(said.responses);
      expect(statuses, name).toEqual(expect.arrayContaining(["400", "401", "403", "429", "500", "503"]));
      if (method !== "get") expect(statuses, name).toEqual(expect.arrayContaining(["413", "415"]));
      if (name.includes("{")) expect(statuses, name).toContain("404");
    }
  });

  test("asks for a body only where there has to be one", () => {
    const required = (path: string) => document.paths[path].post.requestBody.required;
    expect(required("/v1/keys")).toBe(true);
    for (const path of [
      "/v1/measures/{id}/approve",
      "/v1/release-all",
      "/v1/jobs/{name}/run",
      "/v1/breakers/{id}/reset",
    ])
      expect(required(path), path).toBe(false);
  });
});

describe("an answer is held against it", () => {
  const job = { name: "x", schedule: "* * * * *", lastRun: null, nextRunAt: null };
  const seen = (more: object) => ({
    method: "GET",
    path: "/v1/jobs?limit=1",
    status: 200,
    contentType: "application/json; charset=utf-8",
    text: JSON.stringify({ items: [job], next: null }),
    ...more,
  });
  const problem = { type: "x", title: "x", status: 404, detail: "x", code: "unknown-job" };
  const refused = { contentType: "application/problem+json", text: JSON.stringify(problem) };

  test("and passes as it should be", () => {
    const check = createDocumentCheck(document);
    check.answer(seen({}));
    check.answer(seen({ ...refused, method: "POST", path: "/v1/jobs/x/run", status: 404 }));
    expect([...check.seen]).toEqual(["listJobs 200", "runJob 404"]);
  });

  test.each([
    ["a field that it does not have", { text: JSON.stringify({ items: [{ ...job, extra: 1 }], next: null }) }],
    ["a field that is missing", { text: JSON.stringify({ items: [job] }) }],
    ["a value of another type", { text: JSON.stringify({ items: [{ ...job, nextRunAt: "soon" }], next: null }) }],
    ["a status that it does not have", { status: 404, ...refused }],
    ["a media type that it does not have", { contentType: "text/plain" }],
    ["a code that this call does not have", { method: "POST", path: "/v1/breakers/x/reset", status: 404, ...refused }],
    ["a body where there should be none", { method: "DELETE", path: "/v1/nas/x", status: 204 }],
    ["no problem at an address that there is not", { path: "/v1/nothing", status: 404 }],
  ])("and fails by %s", (_what, more) => {
    expect(() => createDocumentCheck(document).answer(seen(more))).toThrow();
  });
});
