import { Code } from "../../radius/code.ts";
import {
  codeNamed,
  type PacketType,
  type PacketTypeName,
  packetTypes,
  typeForCode,
  typeForPort,
} from "./packet-type.ts";
import { PacketSyntaxError, type WrittenAttribute, type WrittenPacket } from "./read-packets.ts";

/** One packet of the input: what is sent where, and what its reply must hold. */
export interface PlannedRequest {
  readonly code: number;
  /** undefined: the port of the command line, or the kind's default. */
  readonly port: number | undefined;
  readonly defaultPort: number;
  readonly attributes: readonly WrittenAttribute[];
  readonly filter: WrittenPacket | undefined;
}

interface Planning {
  readonly type: PacketTypeName | "auto";
  /** Of the command line, where it names one. */
  readonly port: number | undefined;
}

/** Not on the wire: they say how the packet is sent. */
const directions: ReadonlySet<string> = new Set(["packet-type", "packet-dst-port"]);

const named = (packet: WrittenPacket, name: string) => packet.find((one) => one.name.toLowerCase() === name);

function typeOfAttributes(packet: WrittenPacket): PacketType | undefined {
  if (named(packet, "acct-status-type")) return packetTypes.acct;
  const isLogin = ["user-password", "chap-password", "eap-message", "ms-chap-password", "ms-chap2-password"];
  return isLogin.some((name) => named(packet, name)) ? packetTypes.auth : undefined;
}

function typeOf(packet: WrittenPacket, { type, port }: Planning): PacketType {
  const said = named(packet, "packet-type");
  if (said) {
    const found = typeForCode(codeNamed(said.value) ?? -1);
    if (!found) throw new PacketSyntaxError(said.line, `"${said.value}" is no kind of request`);
    return found;
  }
  if (type !== "auto") return packetTypes[type];
  const guessed = (port === undefined ? undefined : typeForPort(port)) ?? typeOfAttributes(packet);
  if (guessed) return guessed;
  throw new PacketSyntaxError(packet[0]?.line ?? 1, "say what kind of packet it is: Packet-Type = Access-Request");
}

function portOf(packet: WrittenPacket, port: number | undefined): number | undefined {
  const said = named(packet, "packet-dst-port");
  if (!said) return port;
  const number = /^\d{1,5}$/.test(said.value) ? Number(said.value) : 0;
  if (number >= 1 && number <= 65_535) return number;
  throw new PacketSyntaxError(said.line, `"${said.value}" is not a port`);
}

/** Turns written packets into requests. A Status-Server needs no attributes. Throws PacketSyntaxError. */
export function planRequests(
  packets: readonly WrittenPacket[],
  filters: readonly WrittenPacket[],
  planning: Planning,
): PlannedRequest[] {
  const isBareStatus = packets.length === 0 && planning.type === "status";
  return (isBareStatus ? [[]] : packets).map((packet, index) => {
    const { code, defaultPort } = typeOf(packet, planning);
    const port = portOf(packet, planning.port);
    const isAcct = port === undefined && code === Code.StatusServer && planning.type === "acct";
    return {
      code,
      port,
      defaultPort: isAcct ? packetTypes.acct.defaultPort : defaultPort,
      attributes: packet.filter(({ name }) => !directions.has(name.toLowerCase())),
      filter: filters[index],
    };
  });
}
