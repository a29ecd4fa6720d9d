import { createHash } from "node:crypto";
import { afterAll, beforeAll, beforeEach, describe, expect, test } from "vitest";
import { firstValue } from "../../../src/radius/attribute-values.ts";
import { Code } from "../../../src/radius/code.ts";
import { decodeAttributes } from "../../../src/radius/decode-attributes.ts";
import type { RawAttribute } from "../../../src/radius/packet.ts";
import { decryptUserPassword } from "../../../src/radius/user-password.ts";
import { accessRequest, dictionary, login, nasOf, pap } from "./login-harness.ts";
import { accept, createUpstreamBench, secret, type UpstreamBench, words } from "./upstream-harness.ts";

const nas = nasOf("mikrotik");
let bench: UpstreamBench;
beforeAll(async () => {
  bench = await createUpstreamBench();
});
beforeEach(() => bench.clear());
afterAll(() => bench.stop());

const hexed = (attributes: readonly RawAttribute[]) =>
  attributes.map(({ type, value }) => `${type}:${value.toString("hex")}`);

describe("a proxied request", () => {
  test("keeps every octet but User-Password, with a Message-Authenticator first and our Proxy-State last", async () => {
    const server = await bench.upstream(accept());
    const unknown: RawAttribute[] = [
      { type: 250, value: Buffer.from("00ff", "hex") },
      { type: 26, value: Buffer.from("00ffffff01", "hex") },
      { type: 33, value: Buffer.from("the NAS's proxy") },
      { type: 33, value: Buffer.from("and another") },
    ];
    const packet = accessRequest(nas, ['User-Name = "alice"', 'User-Password = "a long password, of two blocks"'], {
      extra: unknown,
    });
    await login(bench.through([server]), nas, packet);
    const [sent] = server.requests.map((request) => request.packet);
    expect(sent?.attributes[0]?.type).toBe(80);
    expect(hexed(sent?.attributes.slice(3) ?? [])).toEqual(
      hexed([...unknown, { type: 33, value: Buffer.from("weir-hop") }]),
    );
    const password = decryptUserPassword(firstValue(sent!, 2)!, { secret, authenticator: sent!.authenticator });
    expect(password?.toString()).toBe("a long password, of two blocks");
    expect(sent?.authenticator).not.toEqual(packet.authenticator);
  });

  test("gets the Request Authenticator as CHAP-Challenge where CHAP was computed over it", async () => {
    const server = await bench.upstream(accept());
    const packet = accessRequest(nas, ['User-Name = "alice"', `CHAP-Password = 0x07${"00".repeat(16)}`]);
    await login(bench.through([server]), nas, packet);
    const [sent] = server.requests.map((request) => request.packet);
    expect(firstValue(sent!, 60)).toEqual(packet.authenticator);
  });

  test("leaves a CHAP-Challenge that is there", async () => {
    const server = await bench.upstream(accept());
    const lines = [
      'User-Name = "alice"',
      `CHAP-Password = 0x07${"00".repeat(16)}`,
      "CHAP-Challenge = 0x0102030405060708",
    ];
    await login(bench.through([server]), nas, accessRequest(nas, lines));
    const challenges = server.requests[0]?.packet.attributes.filter(({ type }) => type === 60);
    expect(challenges?.map(({ value }) => value.toString("hex"))).toEqual(["0102030405060708"]);
  });

  test("whose User-Password is none, or that has no room left, is dropped with a reason", async () => {
    const server = await bench.upstream(accept());
    const harness = bench.through([server]);
    const bad = accessRequest(nas, ['User-Name = "alice"'], { extra: [{ type: 2, value: Buffer.alloc(15) }] });
    expect((await login(harness, nas, bad)).code).toBe("dropped: not-forwardable");
    const full = Array.from({ length: 15 }, () => ({ type: 250, value: Buffer.alloc(253) }));
    const rest = { type: 250, value: Buffer.alloc(4096 - 20 - 18 - 15 * 255 - 2) };
    expect((await login(harness, nas, accessRequest(nas, [], { extra: [...full, rest] }))).code).toBe(
      "dropped: not-forwardable",
    );
    expect(server.requests).toEqual([]);
  });

  test("that no upstream answers is dropped, so that the NAS asks its next server", async () => {
    const silent = await bench.upstream(() => undefined);
    expect((await login(bench.through([silent]), nas, pap(nas, "alice", "pw"))).code).toBe(
      "dropped: upstream-no-answer",
    );
  });
});

describe("an upstream's answer", () => {
  test("comes back octet for octet, but for Message-Authenticator and our Proxy-State", async () => {
    const unknown: RawAttribute[] = [
      { type: 250, value: Buffer.from("00ff", "hex") },
      { type: 25, value: Buffer.from("upstream's class") },
      { type: 26, value: Buffer.from("00ffffff01", "hex") },
    ];
    const server = await bench.upstream((packet) => ({
      code: Code.AccessAccept,
      attributes: [...unknown, ...packet.attributes.filter(({ type }) => type === 33)],
    }));
    const packet = pap(nas, "alice", "pw", ["Proxy-State = 0x0102", "Proxy-State = 0x03"]);
    const result = await bench.through([server]).authorizer.authorize({ packet, nas, receivedAt: new Date() });
    const attributes = result.kind === "answer" ? result.attributes : [];
    const states = [Buffer.of(1, 2), Buffer.of(3)].map((value) => ({ type: 33, value }));
    expect(hexed(attributes.toSpliced(3, 1))).toEqual(hexed([...unknown, ...states]));
    expect(attributes[3]?.value.toString()).toMatch(/^weir:\d+$/);
  });

  test("has its keys and tunnel passwords hidden anew for the NAS", async () => {
    const server = await bench.upstream(
      accept(
        `MS-MPPE-Send-Key = 0x${"11".repeat(32)}`,
        `MS-MPPE-Recv-Key = 0x${"22".repeat(32)}`,
        'Tunnel-Password:1 = "tunnel"',
      ),
    );
    const packet = pap(nas, "alice", "pw");
    const result = await bench.through([server]).authorizer.authorize({ packet, nas, receivedAt: new Date() });
    const attributes = result.kind === "answer" ? result.attributes : [];
    const clear = decodeAttributes(dictionary, attributes, { secret: nas.secret, authenticator: packet.authenticator });
    expect(clear).toContainEqual({ name: "MS-MPPE-Send-Key", value: Buffer.alloc(32, 0x11) });
    expect(clear).toContainEqual({ name: "MS-MPPE-Recv-Key", value: Buffer.alloc(32, 0x22) });
    expect(clear).toContainEqual({ name: "Tunnel-Password", tag: 1, value: "tunnel" });
    const [grant] = await bench.database.query<{ attributes: Buffer }>("select attributes from grant_given");
    expect(grant?.attributes).toHaveLength(0);
  });

  test("a Reject and a Challenge pass, with Reply-Message, State and EAP-Message", async () => {
    for (const code of [Code.AccessReject, Code.AccessChallenge]) {
      const server = await bench.upstream(
        words(code, 'Reply-Message = "no"', "State = 0x0a0b", "EAP-Message = 0x04010004"),
      );
      const answer = await login(bench.through([server]), nas, pap(nas, "alice", "pw"));
      expect(answer).toEqual({
        code,
        attributes: { "Reply-Message": ["no"], State: ["\n\x0b"], "EAP-Message": ["\x04\x01\x00\x04"] },
      });
    }
  });

  test("a conversation goes on with the server that gave the State, although another one is preferred by now", async () => {
    let away: "first" | "second" | undefined = "first";
    const first = await bench.upstream((packet) =>
      away === "first" ? undefined : accept("Filter-Id = from-first")(packet),
    );
    const second = await bench.upstream((packet) => {
      if (away === "second") return undefined;
      return firstValue(packet, 24)
        ? accept("Filter-Id = from-second")(packet)
        : words(Code.AccessChallenge, "State = 0x77")(packet);
    });
    const harness = bench.through([first, second]);
    expect((await login(harness, nas, pap(nas, "alice", "pw"))).code).toBe(Code.AccessChallenge);
    // The second one's silence has the first one asked again, whose answer shows that it is up.
    away = "second";
    const newcomer = () => login(harness, nas, pap(nas, "bob", "pw"));
    expect((await newcomer()).attributes["Filter-Id"]).toEqual(["from-first"]);
    away = undefined;
    expect((await newcomer()).attributes["Filter-Id"]).toEqual(["from-first"]);
    const answer = await login(harness, nas, pap(nas, "alice", "pw", ["State = 0x77"]));
    expect(answer.attributes["Filter-Id"]).toEqual(["from-second"]);
  });
});

test("CHAP through us verifies at the upstream as it would directly", async () => {
  const server = await bench.upstream((packet) => {
    const value = firstValue(packet, 3)!;
    const challenge = firstValue(packet, 60) ?? packet.authenticator;
    const expected = createHash("md5").update(value.subarray(0, 1)).update("pw").update(challenge).digest();
    return { code: expected.equals(value.subarray(1)) ? Code.AccessAccept : Code.AccessReject };
  });
  const bare = accessRequest(nas, ['User-Name = "alice"']);
  const response = createHash("md5").update(Buffer.of(9)).update("pw").update(bare.authenticator).digest();
  const packet = {
    ...bare,
    attributes: [...bare.attributes, { type: 3, value: Buffer.concat([Buffer.of(9), response]) }],
  };
  expect((await login(bench.through([server]), nas, packet)).code).toBe(Code.AccessAccept);
});
