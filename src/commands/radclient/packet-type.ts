import { Code } from "../../radius/code.ts";

/** A kind of request that radclient sends. */
export interface PacketType {
  readonly code: number;
  readonly defaultPort: number;
}

const AUTH_PORT = 1812;
const ACCT_PORT = 1813;
const COA_PORT = 3799;

/** By the words of the command line. */
export const packetTypes = {
  auth: { code: Code.AccessRequest, defaultPort: AUTH_PORT },
  acct: { code: Code.AccountingRequest, defaultPort: ACCT_PORT },
  status: { code: Code.StatusServer, defaultPort: AUTH_PORT },
  coa: { code: Code.CoaRequest, defaultPort: COA_PORT },
  disconnect: { code: Code.DisconnectRequest, defaultPort: COA_PORT },
} as const satisfies Readonly<Record<string, PacketType>>;

/** "auth", or a packet's code in decimal; undefined: it is neither. */
export function packetTypeOf(word: string): PacketType | undefined {
  const named = Object.entries(packetTypes).find(([name]) => name === word)?.[1];
  if (named) return named;
  const code = /^\d{1,3}$/.test(word) ? Number(word) : 0;
  if (code < 1 || code > 255) return undefined;
  return typeForCode(code) ?? { code, defaultPort: AUTH_PORT };
}

const codeNames: Readonly<Record<number, string>> = {
  [Code.AccessRequest]: "Access-Request",
  [Code.AccessAccept]: "Access-Accept",
  [Code.AccessReject]: "Access-Reject",
  [Code.AccountingRequest]: "Accounting-Request",
  [Code.AccountingResponse]: "Accounting-Response",
  [Code.AccessChallenge]: "Access-Challenge",
  [Code.StatusServer]: "Status-Server",
  [Code.DisconnectRequest]: "Disconnect-Request",
  [Code.DisconnectAck]: "Disconnect-ACK",
  [Code.DisconnectNak]: "Disconnect-NAK",
  [Code.CoaRequest]: "CoA-Request",
  [Code.CoaAck]: "CoA-ACK",
  [Code.CoaNak]: "CoA-NAK",
  [Code.ProtocolError]: "Protocol-Error",
};

export const codeName = (code: number): string => codeNames[code] ?? `code ${code}`;

/** What a Packet-Type attribute names: a packet type's name in any case, or its number. */
export function codeNamed(text: string): number | undefined {
  if (/^\d{1,3}$/.test(text)) return Number(text);
  const found = Object.entries(codeNames).find(([, name]) => name.toLowerCase() === text.toLowerCase());
  return found && Number(found[0]);
}

const positive: ReadonlySet<number> = new Set([
  Code.AccessAccept,
  Code.AccountingResponse,
  Code.CoaAck,
  Code.DisconnectAck,
]);

export const isPositive = (code: number): boolean => positive.has(code);

/** The kind of request that is meant where neither the command line nor the packet says it: by the port that it goes to. */
export function typeForPort(port: number): PacketType | undefined {
  if (port === AUTH_PORT || port === 1645) return packetTypes.auth;
  if (port === ACCT_PORT || port === 1646) return packetTypes.acct;
  return port === COA_PORT ? packetTypes.coa : undefined;
}

export function typeForCode(code: number): PacketType | undefined {
  return Object.values(packetTypes).find((type) => type.code === code);
}
