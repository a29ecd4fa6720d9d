import type { BuildRequest, ExchangeOutcome, UpstreamKind } from "./upstream-exchange.ts";
import type { UpstreamMetrics } from "./upstream-metrics.ts";
import { defaultTiming, UpstreamServer, type UpstreamTiming } from "./upstream-server.ts";
import { createUpstreamSigning, type UpstreamSigning } from "./upstream-signing.ts";

export interface UpstreamAddress {
  readonly host: string;
  readonly port: number;
}

export interface UpstreamClientOptions {
  /** In order of preference: the next one is asked when those before it do not answer. */
  readonly servers: readonly UpstreamAddress[];
  readonly kind: UpstreamKind;
  readonly secret: Buffer;
  readonly metrics: UpstreamMetrics;
  readonly randomOctets: (count: number) => Buffer;
  readonly changed: (server: { readonly name: string; readonly isUp: boolean }) => void;
  readonly timing?: Partial<UpstreamTiming>;
  /** Absent: what is learnt of the servers is for this client and its time. */
  readonly signing?: UpstreamSigning;
}

/** `server`: the one whose outcome this is. */
export type UpstreamOutcome = ExchangeOutcome & { readonly server: string };

export interface UpstreamClient {
  /** One request to the first server that answers. `preferred` names the server to begin with, whatever its place. */
  exchange(build: BuildRequest, preferred?: string): Promise<UpstreamOutcome>;
  /** Whether any server is up, or worth a try again. */
  isWorthTrying(): boolean;
  stop(): void;
}

export function createUpstreamClient(options: UpstreamClientOptions): UpstreamClient {
  const timing = { ...defaultTiming, ...options.timing };
  const signing = options.signing ?? createUpstreamSigning();
  const servers = options.servers.map((address) => new UpstreamServer({ ...options, ...address, timing, signing }));
  return {
    exchange: async (build, preferred) => {
      const order = inOrder(servers, preferred);
      let last: UpstreamOutcome = { kind: "unreachable", server: "" };
      for (const [index, server] of order.entries()) {
        const canGoElsewhere = index < order.length - 1;
        last = { ...(await server.exchange(build, canGoElsewhere)), server: server.name };
        if (last.kind === "reply") return last;
      }
      return last;
    },
    isWorthTrying: () => servers.some((server) => server.isWorthTrying),
    stop: () => {
      for (const server of servers) server.stop();
    },
  };
}

/** Those that are up in the order given, then, since an unlikely answer is better than none, those that are down. */
function inOrder(servers: readonly UpstreamServer[], preferred: string | undefined): UpstreamServer[] {
  const rank = (server: UpstreamServer) => (server.name === preferred ? 0 : server.isWorthTrying ? 1 : 2);
  return servers.toSorted((a, b) => rank(a) - rank(b));
}
