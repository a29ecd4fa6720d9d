import { once } from "node:events";
import { connect, type Socket } from "node:net";
import { afterEach, expect, test } from "vitest";
import { type ApiUnderTest, adminKey, startApi } from "./api-under-test.ts";

let api: ApiUnderTest | undefined;
const open: Socket[] = [];
afterEach(async () => {
  for (const socket of open.splice(0)) socket.destroy();
  await api?.stop();
  api = undefined;
});

async function listening() {
  const started = await startApi();
  api = started;
  const port = Number(new URL(await started.app.listen({ host: "127.0.0.1", port: 0 })).port);
  const send = async (octets: string) => {
    const socket = connect({ port, host: "127.0.0.1" });
    open.push(socket);
    socket.on("error", () => undefined);
    await once(socket, "connect");
    let heard = "";
    socket.on("data", (chunk) => {
      heard += chunk.toString("latin1");
    });
    const closed = new Promise<string>((resolve) => socket.once("close", () => resolve(heard)));
    socket.write(octets);
    return { closed };
  };
  return { ...started, send };
}

const head = (method: string, path: string, length: number, key = adminKey) =>
  `${method} ${path} HTTP/1.1\r\nHost: x\r\nAuthorization: Bearer ${key}\r\nContent-Type: application/json\r\nContent-Length: ${length}\r\n\r\n`;

test("a server that closes ends what is still coming at once, with and without a key, and finishes what came whole", {
  timeout: 10_000,
}, async () => {
  const { app, send, call, database } = await listening();
  await call("PUT", "/v1/sources/feed", { json: { kind: "third-party", trust: 90 } });
  let begun = 0;
  app.server.on("request", () => {
    begun += 1;
  });
  const senders = [
    await send(`${head("POST", "/v1/reports?source=feed", 1_000_000)}[`),
    await send(`${head("POST", "/v1/reports?source=feed", 1_000_000, "nobody")}[`),
    await send(`${head("POST", "/v1/keys", 100)}{`),
    await send("POST /v1/reports HTTP/1.1\r\nHost:"),
  ];
  await expect.poll(() => begun, { interval: 10 }).toBe(3);
  let release = () => {};
  let isLocked = false;
  const locked = database.transaction(async (trx) => {
    await trx.query("lock table source in access exclusive mode");
    isLocked = true;
    await new Promise<void>((resolve) => {
      release = resolve;
    });
  });
  await expect.poll(() => isLocked, { interval: 10 }).toBe(true);
  const body = '{"kind":"third-party","trust":1}';
  const whole = await send(head("PUT", "/v1/sources/whole", body.length) + body);
  const waits = async () =>
    (
      await database.query(
        "select 1 from pg_stat_activity where wait_event_type = 'Lock' and datname = current_database()",
      )
    ).length;
  await expect.poll(waits, { timeout: 5_000, interval: 10 }).toBe(1);
  const from = performance.now();
  const closing = app.close();
  await Promise.all(senders.map(({ closed }) => closed));
  expect(performance.now() - from).toBeLessThan(1_000);
  release();
  await Promise.all([locked, closing]);
  expect(performance.now() - from).toBeLessThan(2_000);
  expect(await whole.closed).toMatch(/^HTTP\/1\.1 201 /);
});
