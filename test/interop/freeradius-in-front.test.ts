import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { type FreeradiusProxy, startFreeradiusProxy } from "../support/freeradius-proxy.ts";
import { type LossyRelay, startLossyRelay } from "../support/lossy-relay.ts";
import { lookForPeers } from "../support/peers.ts";
import { radclient } from "../support/radclient.ts";
import { startWeir, type WeirUnderTest } from "../support/weir-server.ts";
import { packetIn } from "../support/wire.ts";

const peers = lookForPeers("freeradius", "radclient");
const clientSecret = "client-secret";
const homeSecret = "home-secret";
const PROXY_STATE = 33;
const MESSAGE_AUTHENTICATOR = 80;

const duplicatesOf = (port: string) => `weir_radius_duplicates_total{port="${port}",kind="answered"}`;

type Item = Readonly<Record<string, unknown>>;

describe.skipIf(peers.areMissing)(`FreeRADIUS as a proxy in front of us${peers.note}`, () => {
  let weir: WeirUnderTest;
  let wires: { readonly auth: LossyRelay; readonly acct: LossyRelay };
  let proxy: FreeradiusProxy;

  beforeAll(async () => {
    weir = await startWeir();
    await weir.call("PUT", "/v1/nas/proxy", { address: "127.0.0.1", secret: homeSecret, vendor: "generic" });
    await weir.call("PUT", "/v1/subscribers/s1", { usernames: ["alice"], credential: { password: "pw-alice" } });
    wires = { auth: await startLossyRelay(weir.authPort), acct: await startLossyRelay(weir.acctPort) };
    const home = { authPort: wires.auth.port, acctPort: wires.acct.port, secret: homeSecret };
    proxy = await startFreeradiusProxy({ clientSecret, home });
  });
  afterAll(async () => {
    await proxy?.stop();
    await wires?.auth.stop();
    await wires?.acct.stop();
    await weir?.stop();
  });

  const ask = (kind: "auth" | "acct", ...attributes: readonly string[]) =>
    radclient({
      attributes,
      kind,
      port: kind === "auth" ? proxy.authPort : proxy.acctPort,
      secret: clientSecret,
      waitSeconds: 2,
    });
  const logIn = (...attributes: readonly string[]) =>
    ask("auth", 'User-Name = "alice"', "Message-Authenticator = 0x00", ...attributes);
  const record = (id: string, status: string, ...more: readonly string[]) =>
    ask("acct", `Acct-Status-Type = ${status}`, 'User-Name = "alice"', `Acct-Session-Id = "${id}"`, ...more);
  const sessions = async () => (await weir.call("GET", "/v1/sessions?username=alice"))["items"] as readonly Item[];
  const proxyStates = (octets: Buffer | undefined) =>
    packetIn(octets ?? Buffer.alloc(0))
      .attributes.filter(({ type }) => type === PROXY_STATE)
      .map(({ value }) => value.toString("hex"));
  const lastType = (octets: Buffer | undefined) => packetIn(octets ?? Buffer.alloc(0)).attributes.at(-1)?.type;

  test("PAP and CHAP pass through it, with the profile of the subscriber; wrong ones do not", async () => {
    await weir.call("PUT", "/v1/subscribers/s1/measures/walled-garden", { reason: "test" });
    for (const kind of ["User-Password", "CHAP-Password"]) {
      const accepted = await logIn(`${kind} = "pw-alice"`);
      expect(accepted).toMatch(/^Received Access-Accept/);
      expect(accepted).toContain('Filter-Id = "walled-garden"');
      expect(await logIn(`${kind} = "wrong"`)).toMatch(/^Received Access-Reject/);
    }
    await weir.call("DELETE", "/v1/subscribers/s1/measures/walled-garden");
  });

  test("all Proxy-States come back, in their order and last, in Accepts and Rejects; the signature is first", async () => {
    for (const password of ["pw-alice", "wrong"]) {
      const answer = await logIn(`User-Password = "${password}"`, "Proxy-State = 0x0102", "Proxy-State = 0x03");
      // FreeRADIUS gives its client those of the client only: its own came back to it.
      expect([...answer.matchAll(/Proxy-State = (0x\w+)/g)].map(([, value]) => value)).toEqual(["0x0102", "0x03"]);
      const [request, reply] = [wires.auth.requests.at(-1), wires.auth.answers.at(-1)];
      expect(proxyStates(request)).toHaveLength(3);
      expect(proxyStates(reply)).toEqual(proxyStates(request));
      expect(lastType(reply)).toBe(PROXY_STATE);
      expect(packetIn(reply ?? Buffer.alloc(0)).attributes[0]?.type).toBe(MESSAGE_AUTHENTICATOR);
    }
  });

  test("accounting through it makes, carries on and ends a session; its Proxy-State is all that the answer holds", async () => {
    expect(await record("proxied-1", "Start", "Framed-IP-Address = 100.64.0.5")).toMatch(
      /^Received Accounting-Response/,
    );
    expect(await sessions()).toEqual([expect.objectContaining({ nas: "proxy", subscriber: "s1", ipv4: "100.64.0.5" })]);
    expect(await record("proxied-1", "Interim-Update", "Acct-Input-Octets = 1234")).toMatch(/^Received Accounting/);
    expect(await record("proxied-1", "Stop", "Acct-Terminate-Cause = User-Request")).toMatch(/^Received Accounting/);
    expect(await sessions()).toEqual([
      expect.objectContaining({ stoppedAt: expect.any(String), terminateCause: "User-Request" }),
    ]);
    const [request, reply] = [wires.acct.requests.at(-1), wires.acct.answers.at(-1)];
    expect(proxyStates(reply)).toEqual(proxyStates(request));
    expect(packetIn(reply ?? Buffer.alloc(0)).attributes.map(({ type }) => type)).toEqual([PROXY_STATE]);
  });

  test.each(["auth", "acct"] as const)(
    "a lost answer on the %s port: what comes again is answered by the same octets",
    async (kind) => {
      const wire = wires[kind];
      const before = wire.answers.length;
      wire.loseAnswers(1);
      const answer = kind === "auth" ? await logIn('User-Password = "pw-alice"') : await record("proxied-2", "Start");
      expect(answer).toMatch(/^Received Acc/);
      const [request, again] = wire.requests.slice(-2);
      expect(again).toEqual(request);
      const [lost, came] = wire.answers.slice(before);
      expect(came).toEqual(lost);
      expect((await sessions()).length).toBeLessThanOrEqual(2);
      const counted = (await weir.metrics()).split("\n").find((line) => line.startsWith(duplicatesOf(kind)));
      expect(Number(counted?.split(" ")[1])).toBeGreaterThan(0);
    },
  );
});
