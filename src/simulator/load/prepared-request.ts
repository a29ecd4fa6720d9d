import { createHmac, createSecretKey, hash, randomBytes } from "node:crypto";
import { encodeIpv4, encodeIpv6Prefix } from "../../radius/address-value.ts";
import { Code } from "../../radius/code.ts";
import { encodeRequest } from "../../radius/encode-packet.ts";
import type { RawAttribute } from "../../radius/packet.ts";
import { encryptUserPassword } from "../../radius/user-password.ts";
import { loadSubscriber } from "./load-subscriber.ts";

/** A request made before the clock runs; sending it takes no more than its identifier and what proves it. */
export interface PreparedRequest {
  /** Its octets, to be called once. */
  sealed(identifier: number): Buffer;
}

export interface PreparationOptions {
  readonly secret: Buffer;
  readonly sessions: number;
  readonly nasAddress: string;
}

const VENDOR_SPECIFIC = 26;
const CISCO = 9;
const ETHERNET = 15;
const SECONDS_A_ROUND = 300;

const text = (type: number, value: string): RawAttribute => ({ type, value: Buffer.from(value, "latin1") });
const integer = (type: number, value: number): RawAttribute => {
  const octets = Buffer.alloc(4);
  octets.writeUInt32BE(value >>> 0);
  return { type, value: octets };
};
const ciscoPair = (pair: string): RawAttribute => {
  const octets = Buffer.alloc(6 + pair.length);
  octets.writeUInt32BE(CISCO);
  octets.writeUInt8(1, 4);
  octets.writeUInt8(2 + pair.length, 5);
  octets.write(pair, 6, "latin1");
  return { type: VENDOR_SPECIFIC, value: octets };
};

/** How a BNG names the line: NAS-IP-Address, -Port, -Identifier, -Port-Type, Service-Type, Framed-Protocol. */
const lineAttributes = (n: number, nasAddress: string): RawAttribute[] => [
  { type: 4, value: encodeIpv4(nasAddress) },
  integer(5, n),
  text(32, "bng1.isp.example"),
  integer(61, ETHERNET),
  integer(6, 2),
  integer(7, 1),
];

/** Acct-Session-Time, -Input- and -Output-Octets with Gigawords, -Packets. */
const counters = (round: number): RawAttribute[] => [
  integer(46, SECONDS_A_ROUND * round),
  integer(42, 1_234_567 * round),
  integer(43, 7_654_321 * round),
  integer(52, 0),
  integer(53, 1),
  integer(47, 1_000 * round),
  integer(48, 6_000 * round),
];

function accountingAttributes(n: number, round: number, nasAddress: string): RawAttribute[] {
  const subscriber = loadSubscriber(n);
  return [
    integer(40, round === 0 ? 1 : 3),
    text(1, subscriber.username),
    ...lineAttributes(n, nasAddress),
    text(87, subscriber.nasPortId),
    text(44, subscriber.acctSessionId),
    { type: 8, value: encodeIpv4(subscriber.ipv4) },
    { type: 123, value: encodeIpv6Prefix(subscriber.ipv6Prefix) },
    text(31, subscriber.callingStationId),
    text(30, "isp-internet"),
    integer(55, Math.floor(Date.now() / 1000)),
    integer(41, 0),
    integer(45, 1),
    text(25, "class-residential-100-profile-1"),
    ciscoPair("circuit-id-tag=OLT-01 eth 1/1/3"),
    ciscoPair("connect-progress=Call Up"),
    ...(round === 0 ? [] : counters(round)),
  ];
}

/** Request number `place`: a Start for each session, then rounds of Interim-Updates. */
export function prepareAccounting(place: number, options: PreparationOptions): PreparedRequest {
  const { secret, sessions, nasAddress } = options;
  const attributes = accountingAttributes(place % sessions, Math.floor(place / sessions), nasAddress);
  const request = { code: Code.AccountingRequest, identifier: 0, attributes, secret, messageAuthenticator: false };
  const octets = encodeRequest(request).fill(0, 4, 20);
  // RFC 2866 section 3: the Request Authenticator is over the packet with zeros in its place, and the secret.
  const signed = Buffer.concat([octets, secret]);
  return {
    sealed: (identifier) => {
      signed.writeUInt8(identifier, 1);
      hash("md5", signed, "buffer").copy(signed, 4);
      return signed.subarray(0, octets.length);
    },
  };
}

/** Request number `place`: a PAP login of one subscriber after another. */
export function prepareAccess(place: number, { secret, sessions, nasAddress }: PreparationOptions): PreparedRequest {
  const n = place % sessions;
  const subscriber = loadSubscriber(n);
  const authenticator = randomBytes(16);
  const key = createSecretKey(secret);
  const octets = encodeRequest({
    code: Code.AccessRequest,
    identifier: 0,
    attributes: [
      text(1, subscriber.username),
      { type: 2, value: encryptUserPassword(Buffer.from(subscriber.password), { secret, authenticator }) },
      ...lineAttributes(n, nasAddress),
      text(44, subscriber.acctSessionId),
      text(31, subscriber.callingStationId),
    ],
    secret,
    authenticator,
    messageAuthenticator: true,
  });
  return {
    sealed: (identifier) => {
      octets.writeUInt8(identifier, 1);
      // It is the first attribute (RFC 3579 section 3.2: computed with zeros in its place).
      octets.fill(0, 22, 38);
      createHmac("md5", key).update(octets).digest().copy(octets, 22);
      return octets;
    },
  };
}
