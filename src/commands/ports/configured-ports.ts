import type { Config } from "../../config/config.ts";
import { hostAndPort } from "../radclient/udp-lane.ts";
import { udpPortState } from "../radclient/udp-port-state.ts";
import { tcpPortState } from "./tcp-port-state.ts";

/** One socket that the server binds by its configuration. */
export interface ConfiguredPort {
  readonly kind: "http" | "auth" | "acct";
  /** For people. */
  readonly name: string;
  readonly variable: string;
  readonly port: number;
  /** "127.0.0.1:8080" */
  readonly place: string;
  /** "free", or node's code for why it cannot be bound. */
  state(): Promise<string>;
}

/** Every port on every address, but those that are off or may be any. */
export function configuredPorts({ hosts, httpPort, authPort, acctPort }: Config): ConfiguredPort[] {
  const kinds = [
    { kind: "http", name: "the API", variable: "WEIR_HTTP_PORT", port: httpPort, stateOf: tcpPortState },
    { kind: "auth", name: "RADIUS auth", variable: "WEIR_AUTH_PORT", port: authPort, stateOf: udpPortState },
    { kind: "acct", name: "RADIUS acct", variable: "WEIR_ACCT_PORT", port: acctPort, stateOf: udpPortState },
  ] as const;
  return hosts.flatMap((host) =>
    kinds
      .filter(({ port }) => port > 0)
      .map(({ stateOf, ...one }) => ({
        ...one,
        place: hostAndPort(host, one.port),
        state: () => stateOf(host, one.port),
      })),
  );
}
