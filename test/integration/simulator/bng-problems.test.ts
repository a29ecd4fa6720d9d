import { createSocket } from "node:dgram";
import { once } from "node:events";
import { createServer } from "node:http";
import { expect, test } from "vitest";
import { bng } from "./bng-process.ts";

test.each([
  [401, '{"detail": "the key is not known", "code": "unauthenticated"}', "answered 401: the key is not known (unauth"],
  [502, "no such page", "answered 502: no such page"],
])("what the API of --register says is told in its own words: %i", async (status, body, told) => {
  const api = createServer((_request, response) => response.writeHead(status).end(body));
  api.listen(0, "127.0.0.1");
  await once(api, "listening");
  const address = api.address();
  const url = `http://127.0.0.1:${typeof address === "object" && address ? address.port : 0}`;
  const child = bng([`--register=${url}`, "--key=wrong"]);
  expect(await child.exited).toBe(1);
  expect(child.said()).toContain(`weir bng: PUT ${url}/v1/nas/bng1 ${told}`);
  api.close();
  await once(api, "close");
});

test.each<[string, readonly string[], string]>([
  [
    "a key that there is not",
    ["--register=http://127.0.0.1:9"],
    "--register needs an admin key: --key KEY, --key-file",
  ],
  ["a host that there is not", ["--server=no host"], "no such host is known: --server"],
  ["an address of another machine", ["--address=192.0.2.1"], "this machine has no such address: --address"],
])("%s is said in words", async (_, args, told) => {
  const child = bng(args, { WEIR_ADMIN_KEY: "" });
  expect(await child.exited).toBe(1);
  expect(child.said()).toContain(told);
  expect(child.said()).not.toContain("    at ");
});

test("a CoA port that another program holds is said in words", async () => {
  const holder = createSocket("udp4").bind(0, "127.0.0.1");
  await once(holder, "listening");
  const child = bng([`--coa-port=${holder.address().port}`]);
  expect(await child.exited).toBe(1);
  expect(child.said()).toContain("taken by another program, or by another BNG: --coa-port");
  holder.close();
});

test.each([
  ["--vendor=nobody", /--vendor is one of generic/],
  ["--lose=101", /--lose "101" is not a number from 0 to 100/],
  ["--key=k", /--key and --key-file are for --register URL/],
  ["--key-file=k", /--key and --key-file are for --register URL/],
  ["--nonsense", /Unknown option '--nonsense'/],
  ["stray", /"stray" is one argument too many/],
])("%s is wrong usage", async (argument, said) => {
  const child = bng([argument]);
  expect(await child.exited).toBe(2);
  expect(child.said()).toMatch(said);
});
