import { readdirSync, readFileSync } from "node:fs";
import { createRequire } from "node:module";
import { dirname, join } from "node:path";
import type { AttributeDefinition } from "../../../src/dictionary/dictionary.ts";
import type { Attribute, AttributeValue } from "../../../src/radius/attribute.ts";
import { encodeAttributes } from "../../../src/radius/encode-attributes.ts";
import type { RawAttribute } from "../../../src/radius/packet.ts";
import { shippedDictionary as dictionary, hex } from "../../support/wire.ts";
import { goldenChanges } from "../coa/golden-changes.ts";
import { rfcDisconnects, rfcExchanges, rfcStatusQueries } from "./rfc-packets.ts";

/** Packets that are known to be good, to be broken by tests. */
export interface SeedPacket {
  readonly name: string;
  readonly octets: Buffer;
}

export const seedSecret = Buffer.from("testing123");
const authenticator = hex("000102030405060708090a0b0c0d0e0f");

const childrenOf = ({ oid }: AttributeDefinition): AttributeDefinition[] =>
  dictionary.attributes().filter((one) => one.oid === `${oid}.${one.number}`);

function sampleValue(definition: AttributeDefinition): AttributeValue {
  switch (definition.type) {
    case "string":
      return "text";
    case "byte":
    case "short":
    case "integer":
    case "signed":
      return 1;
    case "integer64":
      return 1n;
    case "date":
      return 1_700_000_000;
    case "ipaddr":
    case "combo-ip":
      return "192.0.2.1";
    case "ipv6addr":
      return "2001:db8::1";
    case "ipv4prefix":
      return "198.51.100.0/24";
    case "ipv6prefix":
      return "2001:db8:0:8::/61";
    case "ifid":
      return "0:0:0:1";
    case "ether":
      return "00:1b:21:aa:bb:0c";
    case "tlv":
      return childrenOf(definition).map(attributeOf);
    default:
      return Buffer.alloc(definition.length ?? 6, 1);
  }
}

/** An attribute of that definition, with a value that its type can have and a tag where it can have one. */
const attributeOf = (definition: AttributeDefinition): Attribute => ({
  name: definition.name,
  value: sampleValue(definition),
  ...(definition.hasTag ? { tag: 1 } : {}),
});

interface KnownAttribute {
  readonly definition: AttributeDefinition;
  readonly attribute: Attribute;
  readonly raw: readonly RawAttribute[];
}

/** Each attribute of the dictionaries by itself, by name and on the wire; what stands in a TLV stands there. */
export const everyAttribute: readonly KnownAttribute[] = dictionary
  .attributes()
  .filter(({ oid }) => dictionary.find(oid.slice(0, oid.lastIndexOf(".")))?.type !== "tlv")
  .map((definition) => {
    const attribute = attributeOf(definition);
    const raw = encodeAttributes(dictionary, [attribute], { secret: seedSecret, authenticator });
    return { definition, attribute, raw };
  });

/** A packet with these attributes, whose signatures nobody has to believe. */
export function packetOf(raw: readonly RawAttribute[]): Buffer {
  const attributes = raw.map(({ type, value }) => Buffer.concat([Buffer.of(type, value.length + 2), value]));
  const header = Buffer.concat([Buffer.of(4, 1, 0, 0), authenticator]);
  const octets = Buffer.concat([header, ...attributes]);
  octets.writeUInt16BE(octets.length, 2);
  return octets;
}

const MOST_ATTRIBUTES_OCTETS = 4096 - 20;

/** As many attributes in a packet as it holds: all of the RFCs', and all of each vendor's. */
function packetsOfEverything(): SeedPacket[] {
  const groups = Map.groupBy(everyAttribute, ({ definition }) => definition.vendor?.name ?? "the RFCs");
  return [...groups].flatMap(([name, members]) => {
    const packets: RawAttribute[][] = [[]];
    let octets = 0;
    for (const raw of members.flatMap((member) => member.raw)) {
      octets += raw.value.length + 2;
      if (octets > MOST_ATTRIBUTES_OCTETS) {
        packets.push([]);
        octets = raw.value.length + 2;
      }
      packets.at(-1)?.push(raw);
    }
    return packets.map((raw, index) => ({ name: `all of ${name}, ${index + 1}`, octets: packetOf(raw) }));
  });
}

/** What npm's `radius` tests itself with: packets that Cisco, Aruba and Motorola equipment sent. */
function captures(): SeedPacket[] {
  const root = dirname(createRequire(import.meta.url).resolve("radius/package.json"));
  const folder = join(root, "test/captures");
  return readdirSync(folder).map((file) => ({ name: file, octets: readFileSync(join(folder, file)) }));
}

const fromRfcs: readonly SeedPacket[] = [
  ...[...rfcExchanges, ...rfcStatusQueries].flatMap(({ section, request, response }) => [
    { name: `${section}, request`, octets: hex(request) },
    { name: `${section}, response`, octets: hex(response) },
  ]),
  ...rfcDisconnects.map(([name, , octets]) => ({ name: `rfc5176-7, ${name}`, octets: hex(octets) })),
];

const ofCoa: readonly SeedPacket[] = goldenChanges.flatMap(({ vendor, name, packets }) =>
  packets.map(({ octets }) => ({ name: `${vendor}: ${name}`, octets: hex(octets) })),
);

const packed: readonly SeedPacket[] = [
  ["of a vendor that nobody knows", "00fedcba 0104abcd 0205616263"],
  ["of Cisco", "00000009 0105613d62 0105633d64 ff03aa"],
].map(([whose = "", value = ""]) => ({
  name: `several attributes ${whose} in one`,
  octets: packetOf([{ type: 26, value: hex(value) }]),
}));

export const seedPackets: readonly SeedPacket[] = [
  ...fromRfcs,
  ...captures(),
  ...ofCoa,
  ...packed,
  ...packetsOfEverything(),
];
