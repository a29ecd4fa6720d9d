import type { WeirUnderTest } from "../../support/weir-server.ts";
import type { Answer } from "./api-under-test.ts";
import { type ApiDocument, createDocumentCheck, type DocumentCheck } from "./document-check.ts";

export interface CheckedCall {
  readonly check: DocumentCheck;
  /** A call of a whole server with the admin key, or with headers of one's own. */
  call(
    method: string,
    path: string,
    options?: { readonly json?: unknown } & Omit<RequestInit, "method">,
  ): Promise<Answer>;
}

/** Calls a whole server over HTTP, and holds every answer against its OpenAPI document. */
export async function createCheckedCall({ address, adminKey }: WeirUnderTest): Promise<CheckedCall> {
  const document: ApiDocument = JSON.parse(await (await fetch(`${address}/openapi.json`)).text());
  const check = createDocumentCheck(document);
  return {
    check,
    call: async (method, path, { json, headers, ...more } = {}) => {
      const response = await fetch(`${address}${path}`, {
        method,
        headers: {
          authorization: `Bearer ${adminKey}`,
          ...(json !== undefined && { "content-type": "application/json" }),
          ...Object.fromEntries(new Headers(headers)),
        },
        ...(json !== undefined && { body: JSON.stringify(json) }),
        signal: AbortSignal.timeout(20_000),
        ...more,
      });
      const contentType = response.headers.get("content-type") ?? "";
      const text = await response.text();
      check.answer({ method, path, status: response.status, contentType, text });
      return {
        status: response.status,
        headers: Object.fromEntries(response.headers),
        body: /[/+]json\b/.test(contentType) ? JSON.parse(text) : undefined,
        text,
      };
    },
  };
}
