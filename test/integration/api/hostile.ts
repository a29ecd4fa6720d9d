import { expect } from "vitest";
import type { Answer, ApiUnderTest, Body } from "./api-under-test.ts";
import { documentedCodes } from "./documented-codes.ts";

export interface Call {
  readonly name: string;
  readonly method: string;
  /** With {parameters}. */
  readonly path: string;
  readonly query: readonly { readonly name: string; readonly schema: Body }[];
  /** Media types of its body; none: it has none. */
  readonly bodies: readonly string[];
}

/** Every call that the OpenAPI document has and that takes a key, but for the stream of events. */
export async function callsOf(api: ApiUnderTest): Promise<Call[]> {
  const { paths } = (await api.call("GET", "/openapi.json", { key: null })).body;
  return Object.entries<Body>(paths)
    .flatMap(([path, item]) =>
      Object.entries<Body>(item).map(([method, said]) => ({ path, method: method.toUpperCase(), said })),
    )
    .filter(({ path, said }) => said["x-right"] !== "open" && path !== "/v1/events")
    .map(({ path, method, said }) => ({
      name: `${method} ${path}`,
      method,
      path,
      query: (said.parameters ?? []).filter((parameter: Body) => parameter.in === "query"),
      bodies: Object.keys(said.requestBody?.content ?? {}),
    }));
}

/** The path with something in the place of each parameter that is, or could be, there. */
export const fill = (path: string, value = "1"): string =>
  path.replace("{kind}", "suspend").replaceAll(/\{\w+\}/g, value);

/** It was refused as a fault of the sender's, in the form and with a code that they can look up. */
export function expectRefusal(answer: Answer, what: string): void {
  expect(answer.status, `${what}: ${answer.text.slice(0, 300)}`).toBeGreaterThanOrEqual(400);
  expectAnswer(answer, what);
}

/** Whatever it is: no fault of ours, and if it is a problem, one that is documented. */
export function expectAnswer({ status, headers, body, text }: Answer, what: string): void {
  expect(status, `${what}: ${text.slice(0, 300)}`).toBeLessThan(500);
  if (status < 400) return;
  expect(headers["content-type"], what).toBe("application/problem+json; charset=utf-8");
  expect(body.status, what).toBe(status);
  expect(documentedCodes, `${what}: ${body.code}`).toContain(body.code);
}
