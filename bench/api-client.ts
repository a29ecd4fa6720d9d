/** Calls of the REST API with the admin key. Rejects on any status but 2xx. */
export interface ApiClient {
  call(method: "GET" | "PUT" | "POST", path: string, body: unknown): Promise<unknown>;
  /** A body that is not JSON. */
  post(path: string, contentType: string, body: string): Promise<unknown>;
}

export function createApiClient(address: string, key: string): ApiClient {
  const send = async (path: string, init: { method: string; contentType: string; body: string }): Promise<unknown> => {
    const headers = { authorization: `Bearer ${key}`, "content-type": init.contentType };
    const response = await fetch(`${address}${path}`, { method: init.method, headers, body: init.body });
    const text = await response.text();
    if (!response.ok) throw new Error(`${init.method} ${path}: ${response.status} ${text.slice(0, 500)}`);
    return text === "" ? undefined : JSON.parse(text);
  };
  return {
    call: (method, path, body) => send(path, { method, contentType: "application/json", body: JSON.stringify(body) }),
    post: (path, contentType, body) => send(path, { method: "POST", contentType, body }),
  };
}
