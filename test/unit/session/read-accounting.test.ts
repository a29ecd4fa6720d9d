import { describe, expect, test } from "vitest";
import type { Nas } from "../../../src/nas/nas.ts";
import type { RawAttribute } from "../../../src/radius/packet.ts";
import {
  identityAttributes,
  observedAttributes,
  observedVendorAttributes,
} from "../../../src/session/accounting-attributes.ts";
import { readAccounting } from "../../../src/session/read-accounting.ts";
import { accountingRequest, integer, text } from "../../support/radius-peer.ts";
import { hex, packetIn, shippedDictionary } from "../../support/wire.ts";
import { noon } from "./accounting-record.ts";

const nas: Nas = {
  id: "bng1",
  address: "192.0.2.1",
  secret: Buffer.from("testing123"),
  vendor: "generic",
  requireMessageAuthenticator: "auto",
  coa: {},
  profiles: {},
  messageAuthenticatorSeen: false,
  createdAt: new Date(0),
  updatedAt: new Date(0),
};
const arrival = new Date(noon);

const read = (status: number, ...more: RawAttribute[]) =>
  readAccounting(
    packetIn(accountingRequest({ secret: "testing123", status, session: "S1", username: "alice", more })),
    nas,
    arrival,
  );

function eventOf(...more: RawAttribute[]) {
  const reading = read(3, ...more);
  if (!reading.ok || !("event" in reading)) throw new Error(`not an event: ${JSON.stringify(reading)}`);
  return reading.event;
}

test("the numbers of what is kept are the dictionary's", () => {
  for (const [number, { name }] of [...identityAttributes, ...observedAttributes])
    expect([name, shippedDictionary.find(String(number))?.name]).toEqual([name, name]);
  for (const [vendor, attributes] of observedVendorAttributes)
    for (const [number, { name }] of attributes)
      expect([name, shippedDictionary.find(`26.${vendor}.${number}`)?.name]).toEqual([name, name]);
});

describe("when it was", () => {
  test("its arrival less Acct-Delay-Time, whatever the NAS's clock says", () => {
    expect(eventOf().at).toEqual(arrival);
    expect(eventOf(integer(41, 90), integer(55, 1)).at).toEqual(new Date(noon - 90_000));
    expect(eventOf(integer(41, 90)).receivedAt).toEqual(arrival);
    expect(eventOf(integer(41, 90), integer(55, 1)).eventTimestamp).toBe(1);
  });

  test("a delay of months is a NAS that has lost its count, and is left aside", () => {
    expect(eventOf(integer(41, 0xffffffff)).at).toEqual(arrival);
  });

  test("a session time of decades is left out", () => {
    expect(eventOf(integer(46, 0xffffffff)).sessionSeconds).toBeUndefined();
    expect(eventOf(integer(46, 600)).sessionSeconds).toBe(600);
  });
});

describe("octets", () => {
  test("are 64 bits with their Gigawords, and without them 32", () => {
    const event = eventOf(integer(42, 5), integer(52, 3), integer(43, 0xffffffff));
    expect(event.inputOctets).toBe(3n * 2n ** 32n + 5n);
    expect(event.outputOctets).toBe(2n ** 32n - 1n);
  });

  test("beyond what PostgreSQL holds are its greatest number; Gigawords alone count nothing", () => {
    expect(eventOf(integer(42, 1), integer(52, 0xffffffff)).inputOctets).toBe(2n ** 63n - 1n);
    expect(eventOf(integer(52, 1)).inputOctets).toBeUndefined();
  });
});

describe("addresses", () => {
  const ipv4 = (octets: string) => ({ type: 8, value: hex(octets) });
  const framed = (octets: string) => ({ type: 97, value: hex(octets) });
  const delegated = (octets: string) => ({ type: 123, value: hex(octets) });
  const address = (octets: string) => ({ type: 168, value: hex(octets) });

  test("0.0.0.0 and the placeholders of RFC 2865 section 5.8 are none", () => {
    for (const placeholder of ["00000000", "ffffffff", "fffffffe"])
      expect(eventOf(ipv4(placeholder)).ipv4).toBeUndefined();
    expect(eventOf(ipv4("64400001")).ipv4).toBe("100.64.0.1");
  });

  test("prefixes and addresses of IPv6 are kept apart by attribute, sorted, each once, host bits cleared", () => {
    const event = eventOf(
      delegated("0038 20010db8000100ff"),
      framed("0040 20010db800020000"),
      framed("0040 20010db800010000"),
      framed("0040 20010db800020000"),
      address("20010db8000200000000000000000005"),
    );
    expect(event.ipv6Prefixes).toEqual(["2001:db8:1::/64", "2001:db8:2::/64"]);
    expect(event.delegatedPrefixes).toEqual(["2001:db8:1::/56"]);
    expect(event.ipv6Addresses).toEqual(["2001:db8:2::5/128"]);
  });

  test("what everybody has, or nobody can have, is left out", () => {
    const event = eventOf(
      framed("0040 fe80000000000000"),
      framed("0000"),
      delegated("0008 20"),
      address("00000000000000000000000000000000"),
    );
    expect([event.ipv6Prefixes, event.delegatedPrefixes, event.ipv6Addresses]).toEqual([[], [], []]);
  });

  test("malformed ones are left out, and the rest of the record stands", () => {
    const event = eventOf(ipv4("6440"), framed("00ff 20"), address("2001"), integer(46, 60));
    expect(event.ipv4).toBeUndefined();
    expect(event).toMatchObject({ ipv6Prefixes: [], sessionSeconds: 60, username: "alice" });
  });
});

describe("what it is about", () => {
  test("Accounting-On and -Off are of the NAS, and need no session id", () => {
    for (const [status, kind] of [
      [7, "on"],
      [8, "off"],
    ] as const)
      expect(read(status, integer(55, 1_780_000_000))).toEqual({
        ok: true,
        restart: { nasId: "bng1", kind, eventTimestamp: 1_780_000_000, at: arrival, receivedAt: arrival },
      });
  });

  test("other statuses are acknowledged and not recorded", () => {
    expect(read(9)).toEqual({ ok: true, unrecorded: 9 });
  });

  test("without a session id it is about nothing", () => {
    const octets = accountingRequest({ secret: "testing123", status: 1, session: "" });
    expect(readAccounting(packetIn(octets), nas, arrival)).toEqual({ ok: false, reason: "acct-session-id-missing" });
  });

  test("names that are no UTF-8 are kept apart from all others", () => {
    const [one, two] = ["ff", "fe"].map((octet) => eventOf({ type: 87, value: hex(octet) }).identity["NAS-Port-Id"]);
    expect(one).toBe("0xff");
    expect(two).toBe("0xfe");
    expect(eventOf(text(87, "ge-0/0/1")).identity["NAS-Port-Id"]).toBe("ge-0/0/1");
  });
});
