import { afterAll, beforeAll, describe, expect, test, vi } from "vitest";
import { type FreeradiusUpstream, startFreeradiusUpstream } from "../support/freeradius-upstream.ts";
import {
  createWiredNetwork,
  type Hostapd,
  hostapdPeers,
  type Supplicant,
  type WiredNetwork,
} from "../support/hostapd.ts";
import { lookForPeers } from "../support/peers.ts";
import { startWeir, type WeirUnderTest } from "../support/weir-server.ts";
import { hex, packetIn } from "../support/wire.ts";

const peers = lookForPeers(...hostapdPeers, "freeradius", "openssl");
const upstreamSecret = "upstream-secret";
const nasSecret = "hostapd-secret";
const users = 'alice  Cleartext-Password := "pw-alice"\n';

const REPLY_MESSAGE = 18;
const EAP_MESSAGE = 79;
const MESSAGE_AUTHENTICATOR = 80;

type Item = Readonly<Record<string, unknown>>;

const starts = (accounting: string) => accounting.split("Acct-Status-Type = Start").length - 1;
const attributesIn = (octets: string) => packetIn(hex(octets)).attributes;

/** One story in order: each test goes on where the one before ended. */
describe.skipIf(peers.areMissing)(`hostapd as the NAS, FreeRADIUS as the upstream${peers.note}`, () => {
  let network: WiredNetwork;
  let upstream: FreeradiusUpstream;
  let weir: WeirUnderTest;
  let hostapd: Hostapd;
  let supplicant: Supplicant;

  beforeAll(async () => {
    network = await createWiredNetwork();
    upstream = await startFreeradiusUpstream({ secret: upstreamSecret, users });
    const at = (port: number) => [{ host: "127.0.0.1", port }];
    weir = await startWeir({
      hosts: [network.serverAddress],
      upstream: {
        auth: at(upstream.authPort),
        acct: at(upstream.acctPort),
        secret: upstreamSecret,
        messageAuthenticator: "auto",
      },
    });
    await weir.call("PUT", "/v1/nas/switch", { address: network.nasAddress, secret: nasSecret, vendor: "hostapd" });
    await weir.call("PUT", "/v1/subscribers/customer-1", { usernames: ["alice"] });
    hostapd = await network.startHostapd({ ...weir, secret: nasSecret, interimSeconds: 2 });
  });
  afterAll(async () => {
    await network?.stop();
    await weir?.stop();
    await upstream?.stop();
  });

  const sessions = async (query: string) => {
    const { items } = await weir.call("GET", `/v1/sessions?${query}`);
    return items as readonly Item[];
  };
  const within = { timeout: 15_000, interval: 100 };

  test("a PEAP login through us is let in, and its accounting makes a session of the customer", async () => {
    supplicant = await network.startSupplicant({ identity: "alice", password: "pw-alice", caFile: upstream.caFile });
    await supplicant.process.says(/CTRL-EVENT-EAP-SUCCESS/);
    await hostapd.process.says(/starting accounting session/);
    await vi.waitFor(async () => {
      expect(await sessions("state=open&username=alice")).toEqual([
        expect.objectContaining({ nas: "switch", username: "alice", subscriber: "customer-1", stoppedAt: null }),
      ]);
    }, within);
  });

  test("the session is linked to what its Access-Accept gave", async () => {
    const [session] = await weir.database.query<Item>("select grant_id, granted from session where stopped_at is null");
    expect(session?.["grant_id"]).not.toBeNull();
    expect(session?.["granted"]).not.toBeNull();
  });

  test("its Interim-Updates are taken in", async () => {
    const [before] = await sessions("state=open&username=alice");
    await vi.waitFor(async () => {
      const [now] = await sessions("state=open&username=alice");
      expect(Date.parse(String(now?.["lastSeenAt"]))).toBeGreaterThan(Date.parse(String(before?.["lastSeenAt"])));
    }, within);
  });

  test("suspend sends a Disconnect-Request that hostapd acknowledges, and its Stop closes the session", async () => {
    const ordered = await weir.call("PUT", "/v1/subscribers/customer-1/measures/suspend?waitMs=5000", {
      reason: "test",
    });
    expect(ordered["sessions"]).toEqual([expect.objectContaining({ outcome: "acknowledged" })]);
    await vi.waitFor(async () => expect(await sessions("state=open&username=alice")).toEqual([]), within);
    const { items } = await weir.call("GET", "/v1/enforcements?subscriber=customer-1");
    expect(items).toContainEqual(
      expect.objectContaining({ kind: "disconnect", outcome: "acknowledged", response: expect.stringMatching(/^29/) }),
    );
  });

  test("while suspended the customer cannot log in again: hostapd takes our Reject and keeps the port shut", async () => {
    const before = await upstream.accounting();
    const since = hostapd.process.fromNow();
    await supplicant.logOff();
    await supplicant.logOn();
    // wpa_supplicant is no witness: the inner method has told it of success, so it ignores the EAP-Failure that follows.
    await since.says(/authentication failed - EAP type: 25/, 30_000);
    expect(since.output()).toMatch(/decapsulated EAP packet \(code=4 .*from RADIUS server: EAP Failure/);
    expect(since.output()).toContain("unauthorizing port");
    expect(since.output()).not.toMatch(/: authorizing port|starting accounting session/);
    expect(await sessions("state=open&username=alice")).toEqual([]);
    expect(starts(await upstream.accounting())).toBe(starts(before));
  });

  test("the refusal is on record with the octets of a signed Access-Reject that carries EAP-Failure", async () => {
    const { items } = await weir.call("GET", "/v1/enforcements?subscriber=customer-1");
    const refusal = (items as readonly Item[]).find(({ kind }) => kind === "access");
    const attributes = attributesIn(String(refusal?.["response"]));
    expect(attributes.find(({ type }) => type === EAP_MESSAGE)?.value.toString("hex")).toMatch(/^04..0004$/);
    expect(attributes[0]).toMatchObject({ type: MESSAGE_AUTHENTICATOR });
    expect(attributes.map(({ type }) => type)).not.toContain(REPLY_MESSAGE);
  });

  test("once it is lifted the customer logs in again, as a session of its own", async () => {
    await weir.call("DELETE", "/v1/subscribers/customer-1/measures/suspend");
    await supplicant.stop();
    // Another device: after a failure hostapd hears nothing from the same one for a minute (IEEE 802.1X's quiet period).
    const device = { identity: "alice", password: "pw-alice", macAddress: "02:00:5e:00:53:02" };
    supplicant = await network.startSupplicant({ ...device, caFile: upstream.caFile });
    await supplicant.process.says(/CTRL-EVENT-EAP-SUCCESS/, 30_000);
    await vi.waitFor(async () => expect(await sessions("state=open&username=alice")).toHaveLength(1), within);
    expect(await sessions("username=alice")).toHaveLength(2);
  });

  test("the accounting of all of it reached the upstream too", async () => {
    await vi.waitFor(async () => {
      const accounting = await upstream.accounting();
      for (const status of ["Accounting-On", "Start", "Interim-Update", "Stop"])
        expect(accounting).toContain(`Acct-Status-Type = ${status}`);
    }, within);
  });

  test("hostapd's end closes its sessions: Accounting-Off", async () => {
    await hostapd.stop();
    await vi.waitFor(async () => expect(await sessions("state=open&username=alice")).toEqual([]), within);
  });
});
