import { createSocket } from "node:dgram";
import { once } from "node:events";
import { mkdtemp, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, beforeAll, expect, test } from "vitest";
import { run as radclient } from "../../../src/commands/radclient.ts";
import { Code } from "../../../src/radius/code.ts";
import { encodeResponse } from "../../../src/radius/encode-packet.ts";
import { packetIn } from "../../support/wire.ts";
import { runCommand } from "./run-command.ts";

let folder: string;
beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), "weir-radclient-"));
});
afterAll(async () => await rm(folder, { recursive: true, force: true }));

test("radclient: what cannot be sent is named with its line, exit code 2", async () => {
  const target = ["127.0.0.1:9", "auth", "secret"];
  expect(await runCommand(radclient, target, { stdin: 'User-Name = "a"\nNo-Such = 1\n' })).toMatchObject({
    code: 2,
    err: expect.stringContaining("line 2: there is no attribute No-Such"),
  });
  expect(await runCommand(radclient, target, { stdin: "nonsense" })).toMatchObject({ code: 2 });
  expect(await runCommand(radclient, target)).toMatchObject({ code: 2 });
  for (const wrong of [
    ["127.0.0.1", "auth"],
    ["127.0.0.1", "walk", "x"],
    ["-r", "0", ...target],
    ["-4", "-6", ...target],
    ["-P", "tcp", ...target],
    ["-n", "x", ...target],
  ])
    expect(await runCommand(radclient, wrong)).toMatchObject({ code: 2 });
});

test("radclient: a dictionary of one's own, files named, and so many a second", async () => {
  const [packets, dictionary] = [join(folder, "packets"), join(folder, "dictionary")];
  await writeFile(packets, "User-Name = a, Own-Thing = 7\n\nUser-Name = b\n");
  await writeFile(dictionary, "VENDOR Own 65000\nBEGIN-VENDOR Own\nATTRIBUTE Own-Thing 1 integer\nEND-VENDOR Own\n");
  const server = createSocket("udp4").bind(0, "127.0.0.1");
  await once(server, "listening");
  server.on("message", (octets, from) => server.send(acceptOf(octets, Buffer.from("secret")), from.port, from.address));
  const at = `127.0.0.1:${server.address().port}`;
  const startedAt = performance.now();
  const sent = await runCommand(radclient, ["-x", "-F", "-n", "5", "-d", folder, "-f", packets, at, "1", "secret"]);
  server.close();
  expect(sent).toMatchObject({ code: 0, err: "" });
  expect(sent.out).toContain("\tOwn-Thing = 7\n");
  expect(sent.out).toMatch(/^\(0\) \S+packets response code 2$[\s\S]*^\(1\) \S+packets response code 2$/m);
  expect(performance.now() - startedAt).toBeGreaterThan(190);
  expect((await runCommand(radclient, ["-v"])).out).toMatch(/^weir radclient \d+\.\d+\.\d+\n$/);
});

/** An Access-Accept to a request, without attributes (RFC 2865 section 3). */
const acceptOf = (request: Buffer, secret: Buffer): Buffer =>
  encodeResponse({
    code: Code.AccessAccept,
    request: packetIn(request),
    attributes: [],
    secret,
    messageAuthenticator: false,
  });
