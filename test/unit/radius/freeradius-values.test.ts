import { createSocket, type Socket } from "node:dgram";
import { once } from "node:events";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import type { AttributeDefinition } from "../../../src/dictionary/dictionary.ts";
import type { Attribute } from "../../../src/radius/attribute.ts";
import { formatAttribute } from "../../../src/radius/attribute-text.ts";
import { decodeAttributes } from "../../../src/radius/decode-attributes.ts";
import { encodeAttributes } from "../../../src/radius/encode-attributes.ts";
import { encodeResponse } from "../../../src/radius/encode-packet.ts";
import type { Packet } from "../../../src/radius/packet.ts";
import { verifyRequest } from "../../../src/radius/verify-packet.ts";
import { lookForPeers } from "../../support/peers.ts";
import { type RadclientRequest, radclient } from "../../support/radclient.ts";
import { shippedDictionary as dictionary, hex, packetIn } from "../../support/wire.ts";
import { everyAttribute } from "./seed-packets.ts";

/*
 * radclient writes a request with FreeRADIUS's dictionaries and codec, and prints our answer with them: each value of
 * ours goes through another program, both ways.
 */
const peers = lookForPeers("radclient");
const secret = "testing123";
const secretOctets = Buffer.from(secret);

/** FreeRADIUS has no such dictionaries, or does something of its own with the attribute. */
const isApart = ({ name, vendor, type }: AttributeDefinition): boolean =>
  ["accel-ppp", "RtBrick"].includes(vendor?.name ?? "") ||
  ["CHAP-Password", "EAP-Message", "Message-Authenticator", "NAS-Filter-Rule"].includes(name) ||
  // A text to it, until a newer version: RFC 6519 section 4 has octets.
  name === "DS-Lite-Tunnel-Name" ||
  ["tlv", "vsa", "extended", "long-extended", "evs", "abinary"].includes(type);

/** A number that no dictionary names, so that each prints the number. */
const NAMELESS = 70_007;

const lineOf = (definition: AttributeDefinition, attribute: Attribute): string => {
  const value = typeof attribute.value === "number" && definition.type === "integer" ? NAMELESS : attribute.value;
  return definition.type === "date"
    ? `${definition.name} = ${value}`
    : formatAttribute(dictionary, { ...attribute, value });
};

interface Exchange {
  readonly request: Packet;
  readonly answered: readonly Attribute[];
  readonly printed: readonly string[];
}

describe.skipIf(peers.areMissing)(`values that FreeRADIUS writes and reads${peers.note}`, () => {
  let socket: Socket;
  beforeAll(async () => {
    socket = createSocket("udp4");
    socket.bind(0, "127.0.0.1");
    await once(socket, "listening");
  });
  afterAll(() => socket?.close());

  /** A request of radclient's, answered with the very attributes that were read in it, encoded by us. */
  async function exchange(kind: RadclientRequest["kind"], code: number, lines: readonly string[]): Promise<Exchange> {
    const asked = once(socket, "message", { signal: AbortSignal.timeout(10_000) });
    const output = radclient({ attributes: lines, kind, port: socket.address().port, secret });
    const [datagram, from] = await asked;
    const request = packetIn(datagram);
    expect(verifyRequest(request, secretOctets).ok).toBe(true);
    // FreeRADIUS hides what a CoA-Request holds with an authenticator of zeros, as we do.
    const authenticator = kind === "auth" ? request.authenticator : Buffer.alloc(16);
    const answered = decodeAttributes(dictionary, request.attributes, { secret: secretOctets, authenticator }).filter(
      ({ name }) => name !== "Message-Authenticator",
    );
    const secrets = { secret: secretOctets, authenticator: request.authenticator };
    const attributes = encodeAttributes(dictionary, answered, secrets);
    const messageAuthenticator = kind === "auth";
    const answer = encodeResponse({ code, request, attributes, secret: secretOctets, messageAuthenticator });
    socket.send(answer, from.port, from.address);
    const printed = (await output).split("\n").flatMap((line) => (line.startsWith("\t") ? [line.trim()] : []));
    const others = printed.filter((line) => !line.startsWith("Message-Authenticator"));
    return { request, answered, printed: others };
  }

  /** By number, since names of the same number differ; a date in seconds. */
  function said(line: string): string {
    const [, name = "", tag = "", value = ""] = /^([^:= ]+)(:\d+)? = (.*)$/.exec(line) ?? [];
    const definition = dictionary.attribute(name);
    const isDate = definition?.type === "date" && !/^\d+$/.test(value);
    return `${definition?.oid}${tag} = ${isDate ? Date.parse(value.replaceAll('"', "")) / 1000 : value}`;
  }

  const all = everyAttribute.filter(({ definition }) => !isApart(definition));
  const batches = (isWanted: (definition: AttributeDefinition) => boolean) => {
    const wanted = all.filter(({ definition }) => isWanted(definition));
    return Array.from({ length: Math.ceil(wanted.length / 100) }, (_, at) => wanted.slice(100 * at, 100 * (at + 1)));
  };
  const ways = [
    ["in an Access-Request", "auth", 2, (encrypt: number) => encrypt !== 2],
    ["in a CoA-Request, salted", "coa", 44, (encrypt: number) => encrypt === 2],
  ] as const;

  test.each(ways)("every attribute that both know, %s", async (_, kind, code, isWanted) => {
    for (const batch of batches(({ encrypt }) => isWanted(encrypt))) {
      const lines = batch.map(({ definition, attribute }) => lineOf(definition, attribute));
      const { answered, printed } = await exchange(kind, code, lines);
      const expected = lines.map(said).sort();
      const read = answered.map((one) => {
        const definition = dictionary.attribute(one.name);
        return definition?.type === "date" ? `${one.name} = ${one.value}` : formatAttribute(dictionary, one);
      });
      expect(read.map(said).sort()).toEqual(expected);
      expect(printed.map(said).sort()).toEqual(expected);
    }
  });

  test("the numbers of RFC 8045 in their TLVs", async () => {
    const lines = [
      "IP-Port-Range-Alloc = Allocation",
      "IP-Port-Range-Range-Start = 3500",
      "IP-Port-Range-Range-End = 3540",
    ];
    const { request, printed } = await exchange("auth", 2, lines);
    const [raw] = request.attributes;
    expect(raw).toEqual({ type: 241, value: hex("06 0806 00000001 0906 00000dac 0a06 00000dd4") });
    expect(printed).toEqual(lines);
  });

  test("an Ascend filter is the octets that FreeRADIUS makes of its text", async () => {
    const { answered, printed } = await exchange("auth", 2, ['Ascend-Data-Filter = "ip in drop tcp dstport = 25"']);
    const octets = hex("01000100 00000000 00000000 00000600 00000019 00020000 00000000 00000000");
    expect(answered).toEqual([{ name: "Ascend-Data-Filter", value: octets }]);
    expect(printed).toEqual(['Ascend-Data-Filter = "ip in drop tcp dstport = 25"']);
  });
});
