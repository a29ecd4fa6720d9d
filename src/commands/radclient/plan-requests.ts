import { isIP } from "node:net";
import { Code } from "../../radius/code.ts";
import { codeNamed, type PacketType, packetTypes, typeForCode, typeForPort } from "./packet-type.ts";
import { PacketSyntaxError, type WrittenAttribute, type WrittenPacket } from "./read-packets.ts";

/** One packet of the input: what is sent where, and what its reply must hold. */
export interface PlannedRequest {
  /** Of the file that it is from; "-": standard input. */
  readonly file: string;
  readonly code: number;
  /** undefined: the command line's server. */
  readonly address: string | undefined;
  /** undefined: the port of the command line, or the kind's default. */
  readonly port: number | undefined;
  readonly defaultPort: number;
  readonly attributes: readonly WrittenAttribute[];
  readonly filter: WrittenPacket | undefined;
}

interface Planning {
  readonly file: string;
  readonly type: PacketType | "auto";
  /** Of the command line, where it names one. */
  readonly port: number | undefined;
}

/** Not on the wire: they say how the packet is sent. */
const directions: ReadonlySet<string> = new Set(["packet-type", "packet-dst-port", "packet-dst-ip-address"]);

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
  if (type !== "auto") return type;
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

function addressOf(packet: WrittenPacket): string | undefined {
  const said = named(packet, "packet-dst-ip-address");
  if (said && isIP(said.value) === 0) throw new PacketSyntaxError(said.line, `"${said.value}" is not an IP address`);
  return said?.value;
}

/** Turns written packets into requests. A Status-Server needs no attributes. Throws PacketSyntaxError. */
export function planRequests(
  packets: readonly WrittenPacket[],
  filters: readonly WrittenPacket[] | undefined,
  planning: Planning,
): PlannedRequest[] {
  const { file, type } = planning;
  const isStatus = type !== "auto" && type.code === Code.StatusServer;
  const sent = packets.length === 0 && isStatus ? [[]] : packets;
  if (filters && filters.length !== sent.length)
    throw new PacketSyntaxError(1, `there are ${sent.length} packets, and ${filters.length} filters for them`);
  return sent.map((packet, index) => {
    const { code, defaultPort } = typeOf(packet, planning);
    const port = portOf(packet, planning.port);
    const isAcct = port === undefined && code === Code.StatusServer && type === packetTypes.acct;
    return {
      file,
      code,
      address: addressOf(packet),
      port,
      defaultPort: isAcct ? packetTypes.acct.defaultPort : defaultPort,
      attributes: packet.filter(({ name }) => !directions.has(name.toLowerCase())),
      filter: filters?.[index],
    };
  });
}
