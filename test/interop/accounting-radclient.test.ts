import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { lookForPeers } from "../support/peers.ts";
import { radclient } from "../support/radclient.ts";
import { startWeir, type WeirUnderTest } from "../support/weir-server.ts";

const peers = lookForPeers("radclient");
const secret = "nas-secret";

type Item = Readonly<Record<string, unknown>>;

describe.skipIf(peers.areMissing)(`radclient's accounting and Status-Server${peers.note}`, () => {
  let weir: WeirUnderTest;
  beforeAll(async () => {
    weir = await startWeir();
    await weir.call("PUT", "/v1/nas/nas1", { address: "127.0.0.1", secret, vendor: "generic" });
    await weir.call("PUT", "/v1/subscribers/s1", { usernames: ["alice"] });
  });
  afterAll(() => weir?.stop());

  const record = (status: string, ...more: readonly string[]) =>
    radclient({
      attributes: [
        `Acct-Status-Type = ${status}`,
        'User-Name = "alice"',
        'Acct-Session-Id = "radclient-1"',
        'NAS-Identifier = "nas1"',
        "Framed-IP-Address = 100.64.0.5",
        ...more,
      ],
      kind: "acct",
      port: weir.acctPort,
      secret,
    });
  const session = async () => {
    const { items } = await weir.call("GET", "/v1/sessions?username=alice");
    expect(items).toHaveLength(1);
    return (items as readonly Item[])[0] ?? {};
  };

  test("a Start opens the session, visible once it is answered", async () => {
    expect(await record("Start", "Framed-IPv6-Prefix = 2001:db8:1::/56")).toMatch(/^Received Accounting-Response/);
    expect(await session()).toMatchObject({
      nas: "nas1",
      acctSessionId: "radclient-1",
      subscriber: "s1",
      ipv4: "100.64.0.5",
      ipv6: ["2001:db8:1::/56"],
      stoppedAt: null,
    });
  });

  test("an Interim-Update carries counters past 32 bits", async () => {
    const counters = ["Acct-Input-Octets = 5", "Acct-Input-Gigawords = 1", "Acct-Output-Octets = 7"];
    expect(await record("Interim-Update", ...counters)).toMatch(/^Received Accounting-Response/);
    const { inputOctets, outputOctets } = await session();
    expect([String(inputOctets), String(outputOctets)]).toEqual(["4294967301", "7"]);
  });

  test("a Stop ends it with its cause, and the address is attributed to that time only", async () => {
    expect(await record("Stop", "Acct-Terminate-Cause = Idle-Timeout")).toMatch(/^Received Accounting-Response/);
    expect(await session()).toMatchObject({ terminateCause: "Idle-Timeout", stoppedAt: expect.any(String) });
  });

  test("Accounting-On is answered, with a Message-Authenticator in the request too", async () => {
    const attributes = ["Acct-Status-Type = Accounting-On", 'NAS-Identifier = "nas1"', "Message-Authenticator = 0x00"];
    const answer = await radclient({ attributes, kind: "acct", port: weir.acctPort, secret });
    expect(answer).toMatch(/^Received Accounting-Response/);
    expect(answer).not.toContain("Message-Authenticator");
  });

  test("Status-Server is answered on both ports as each of them answers, signed (RFC 5997 section 4)", async () => {
    const ask = (port: number) =>
      radclient({ attributes: ["Message-Authenticator = 0x00"], kind: "status", port, secret });
    expect(await ask(weir.authPort)).toMatch(/^Received Access-Accept.*\n\s+Message-Authenticator = 0x[0-9a-f]{32}/);
    expect(await ask(weir.acctPort)).toMatch(
      /^Received Accounting-Response.*\n\s+Message-Authenticator = 0x[0-9a-f]{32}/,
    );
  });

  test("accounting with a wrong secret is not answered, and makes nothing", async () => {
    const attributes = ["Acct-Status-Type = Start", 'User-Name = "eve"', 'Acct-Session-Id = "forged"'];
    const forged = { attributes, kind: "acct", port: weir.acctPort, secret: "wrong", waitSeconds: 1 } as const;
    expect(await radclient(forged)).toBe("");
    expect((await weir.call("GET", "/v1/sessions?username=eve"))["items"]).toEqual([]);
  });
});
