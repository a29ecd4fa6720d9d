import { isDeepStrictEqual } from "node:util";
import fc from "fast-check";
import { expect, test } from "vitest";
import type { Attribute } from "../../../src/radius/attribute.ts";
import { formatAttribute } from "../../../src/radius/attribute-text.ts";
import { decodeAttributes } from "../../../src/radius/decode-attributes.ts";
import { decodePacket } from "../../../src/radius/decode-packet.ts";
import { encodeAttributes } from "../../../src/radius/encode-attributes.ts";
import type { RawAttribute } from "../../../src/radius/packet.ts";
import { shippedDictionary as dictionary } from "../../support/wire.ts";
import { everyAttribute, packetOf, seedSecret as secret, seedPackets } from "./seed-packets.ts";
import { uncut } from "./uncut.ts";

const hidden = new Set(
  dictionary
    .attributes()
    .filter(({ encrypt }) => encrypt !== 0)
    .map(({ name }) => name),
);

/** Whether every octet of a value that is a view of the packet's memory lies in the packet. */
function isInside(packet: Buffer, { value, octets }: Attribute): boolean {
  if (octets && !isInside(packet, { name: "", value: octets })) return false;
  if (Array.isArray(value)) return value.every((child: Attribute) => isInside(packet, child));
  if (!Buffer.isBuffer(value) || value.length === 0 || value.buffer !== packet.buffer) return true;
  const end = packet.byteOffset + packet.length;
  return value.byteOffset >= packet.byteOffset && value.byteOffset + value.length <= end;
}

const shown = (raw: readonly RawAttribute[]) => raw.map(({ type, value }) => `${type} ${value.toString("hex")}`);

/** Several of such a vendor's attributes in one Vendor-Specific go out each by itself. */
const isOfKnownVendor = ({ type, value }: RawAttribute): boolean =>
  type === 26 && value.length > 4 && dictionary.vendor(value.readUInt32BE(0)) !== undefined;

/** What is wrong with the way in and out of these attributes; undefined: nothing. */
function faultOf(raw: readonly RawAttribute[], authenticator: Buffer): string | undefined {
  const secrets = { secret, authenticator };
  const first = decodeAttributes(dictionary, raw, secrets);
  const written = encodeAttributes(dictionary, first, secrets);
  const second = decodeAttributes(dictionary, written, secrets);
  if (!isDeepStrictEqual(second, first)) return "is something else when it is read again";
  for (const attribute of first) formatAttribute(dictionary, attribute);
  // What was hidden is hidden with another salt.
  if (first.some(({ name, octets }) => hidden.has(name) && !octets)) return undefined;
  if (!isDeepStrictEqual(uncut(written), uncut(raw))) return "goes out with other octets";
  const third = encodeAttributes(dictionary, second, secrets);
  if (!isDeepStrictEqual(third, written)) return "goes out differently the second time";
  const areUnknown = first.every(({ name }) => name.startsWith("Attr-")) && !raw.some(isOfKnownVendor);
  return areUnknown && !isDeepStrictEqual(shown(written), shown(raw)) ? "is unknown, and changed" : undefined;
}

/** The same datagram amid zeros and amid ones: what is read may not depend on what stands around it. */
function faultOfDatagram(datagram: Buffer): string | undefined {
  const readings = [0x00, 0xff].map((filling) => {
    const surrounded = Buffer.alloc(datagram.length + 600, filling);
    datagram.copy(surrounded, 300);
    const own = surrounded.subarray(300, 300 + datagram.length);
    const decoded = decodePacket(own);
    if (!decoded.ok) return { reason: decoded.reason };
    const { attributes: raw, authenticator } = decoded.packet;
    const attributes = decodeAttributes(dictionary, raw, { secret, authenticator });
    return { raw, authenticator, attributes, isInside: attributes.every((one) => isInside(own, one)) };
  });
  const [one, other] = readings;
  if (!isDeepStrictEqual(one, other)) return "depends on what stands around the packet";
  if (one?.attributes === undefined) return undefined;
  return one.isInside ? faultOf(one.raw, one.authenticator) : "reads outside of the packet";
}

/** The first faults of many packets, each with what was tried; a thrown error is one too. */
function faultsOf(tries: Iterable<readonly [name: string, datagram: Buffer]>): string[] {
  const faults: string[] = [];
  for (const [name, datagram] of tries) {
    let fault: string | undefined;
    try {
      fault = faultOfDatagram(datagram);
    } catch (error) {
      fault = `throws ${error}`;
    }
    if (fault !== undefined) faults.push(`${name} ${fault}: ${datagram.toString("hex")}`);
    if (faults.length === 5) break;
  }
  return faults;
}

function flipped(datagram: Buffer, bit: number): Buffer {
  const changed = Buffer.from(datagram);
  changed.writeUInt8(changed.readUInt8(bit >> 3) ^ (1 << (bit & 7)), bit >> 3);
  return changed;
}

/** Cut at an octet: as it is, with a Length that fits, and with a last attribute that ends there too. */
function cutAt(datagram: Buffer, length: number): Buffer[] {
  const cut = Buffer.from(datagram.subarray(0, length));
  if (length < 20) return [cut];
  const fitting = Buffer.from(cut);
  fitting.writeUInt16BE(length, 2);
  const ended = Buffer.from(fitting);
  let last = 20;
  while (last + 1 < length && last + ended.readUInt8(last + 1) < length && ended.readUInt8(last + 1) >= 2)
    last += ended.readUInt8(last + 1);
  if (last + 2 <= length) ended.writeUInt8(length - last, last + 1);
  return [cut, fitting, ended];
}

test("the packets to begin with: of each RFC that prints some, of real equipment, of each vendor", () => {
  expect(seedPackets.length).toBeGreaterThan(60);
  expect(faultsOf(seedPackets.map(({ name, octets }) => [name, octets]))).toEqual([]);
});

test("every attribute of the dictionaries is read by its name, and goes out as it came", () => {
  const misread = everyAttribute.filter(({ definition, raw }) => {
    const read = decodeAttributes(dictionary, raw, { secret, authenticator: packetOf([]).subarray(4, 20) });
    // Of several names of one number the last is shown; containers show what is in them.
    return read.length !== 1 || (dictionary.find(definition.oid) === definition && read[0]?.name !== definition.name);
  });
  const containers = ["vsa", "extended", "long-extended", "evs"];
  expect(misread.filter(({ definition }) => !containers.includes(definition.type))).toEqual([]);
});

test("every attribute of the dictionaries with any bit flipped", () => {
  function* tries() {
    for (const { definition, raw } of everyAttribute) {
      const datagram = packetOf(raw);
      for (let bit = 160; bit < datagram.length * 8; bit += 1)
        yield [`${definition.name}, bit ${bit - 160}`, flipped(datagram, bit)] as const;
    }
  }
  expect(faultsOf(tries())).toEqual([]);
});

test("every attribute of the dictionaries cut at any octet", () => {
  function* tries() {
    for (const { definition, raw } of everyAttribute) {
      const datagram = packetOf(raw);
      for (let length = 20; length < datagram.length; length += 1)
        for (const cut of cutAt(datagram, length)) yield [`${definition.name}, cut at ${length}`, cut] as const;
    }
  }
  expect(faultsOf(tries())).toEqual([]);
});

test("every packet cut at any octet", () => {
  function* tries() {
    for (const { name, octets } of seedPackets) {
      const step = Math.ceil(octets.length / 200);
      for (let length = 0; length < octets.length; length += step)
        for (const cut of cutAt(octets, length)) yield [`${name}, cut at ${length}`, cut] as const;
    }
  }
  expect(faultsOf(tries())).toEqual([]);
});

const change = fc.record({
  at: fc.nat(4095),
  kind: fc.constantFrom("flip", "set", "drop", "double"),
  octet: fc.oneof(fc.nat(255), fc.constantFrom(0, 1, 2, 3, 26, 0x80, 92, 241, 245, 246, 253, 254, 255)),
});

/** Several changes at once, anywhere behind the header; Length is made to fit, so that the attributes are read. */
function changed(octets: Buffer, changes: readonly { at: number; kind: string; octet: number }[]): Buffer {
  const all = [...octets];
  for (const { at, kind, octet } of changes) {
    const place = 20 + (at % Math.max(1, all.length - 20));
    if (kind === "flip") all[place] = (all[place] ?? 0) ^ (1 << (octet & 7));
    else if (kind === "set") all[place] = octet;
    else if (kind === "drop") all.splice(place, 1 + (octet & 15));
    else all.splice(place, 0, ...all.slice(place, place + 1 + (octet & 63)));
  }
  const result = Buffer.from(all.slice(0, 4096));
  if (result.length >= 20) result.writeUInt16BE(result.length, 2);
  return result;
}

test("every packet with several changes at once", () => {
  fc.assert(
    fc.property(fc.constantFrom(...seedPackets), fc.array(change, { minLength: 1, maxLength: 8 }), (seed, changes) => {
      expect(faultsOf([[seed.name, changed(seed.octets, changes)]])).toEqual([]);
    }),
    { numRuns: 4_000 },
  );
});

test("attributes of several packets mixed, with changes among them", () => {
  const raw = fc.constantFrom(...everyAttribute).map((one) => packetOf(one.raw).subarray(20));
  fc.assert(
    fc.property(fc.array(raw, { minLength: 2, maxLength: 12 }), fc.array(change, { maxLength: 4 }), (all, changes) => {
      const datagram = Buffer.concat([packetOf([]), ...all]);
      expect(faultsOf([["a mixture", changed(datagram, changes)]])).toEqual([]);
    }),
    { numRuns: 4_000 },
  );
});
