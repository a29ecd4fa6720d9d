import { DemoFailure } from "./demo-failure.ts";

export interface Posted {
  readonly contentType: string;
  readonly fileName?: string;
  readonly body: string;
}

/** The REST API as any program outside uses it: HTTP and a key. */
export interface ApiClient {
  /** `Answer` is what the API's documentation promises; any status but 2xx is a DemoFailure. */
  call<Answer>(method: "GET" | "PUT" | "POST" | "DELETE", path: string, body?: object): Promise<Answer>;
  post<Answer>(path: string, posted: Posted): Promise<Answer>;
}

const LIMIT_MS = 20_000;

export function createApiClient(base: string, key: string): ApiClient {
  const send = async <Answer>(method: string, path: string, init: { headers: object; body?: string }) => {
    const response = await fetch(`${base}${path}`, {
      method,
      headers: { authorization: `Bearer ${key}`, ...init.headers },
      signal: AbortSignal.timeout(LIMIT_MS),
      ...(init.body !== undefined && { body: init.body }),
    });
    const text = await response.text();
    if (!response.ok) throw new DemoFailure(`${method} ${path} answered ${response.status}: ${text.slice(0, 500)}`);
    const answer: Answer = JSON.parse(text);
    return answer;
  };
  return {
    call: async (method, path, body) =>
      await send(method, path, {
        headers: body === undefined ? {} : { "content-type": "application/json" },
        ...(body !== undefined && { body: JSON.stringify(body) }),
      }),
    post: async (path, { contentType, fileName, body }) =>
      await send("POST", path, {
        headers: {
          "content-type": contentType,
          ...(fileName !== undefined && { "content-disposition": `attachment; filename="${fileName}"` }),
        },
        body,
      }),
  };
}
