import { Counter, Gauge, type Registry } from "prom-client";

export interface UpstreamMetrics {
  readonly exchanges: Counter<"server" | "kind" | "outcome">;
  readonly ignoredReplies: Counter<"server" | "kind" | "reason">;
  readonly unsignedReplies: Counter<"server">;
  readonly up: Gauge<"server" | "kind">;
  readonly accountingDropped: Counter<"reason">;
  readonly accountingQueued: Gauge;
}

/** Registers what is measured about upstream servers; once per registry. */
export function createUpstreamMetrics(registry: Registry): UpstreamMetrics {
  const registers = [registry];
  return {
    exchanges: new Counter({
      name: "weir_upstream_exchanges_total",
      help: "Requests proxied to an upstream server, by how they ended",
      labelNames: ["server", "kind", "outcome"],
      registers,
    }),
    ignoredReplies: new Counter({
      name: "weir_upstream_replies_ignored_total",
      help: "Datagrams from an upstream server that were no authentic answer to anything asked",
      labelNames: ["server", "kind", "reason"],
      registers,
    }),
    unsignedReplies: new Counter({
      name: "weir_upstream_replies_without_message_authenticator_total",
      help: "Answers accepted although they carry no Message-Authenticator (CVE-2024-3596): update that server",
      labelNames: ["server"],
      registers,
    }),
    up: new Gauge({
      name: "weir_upstream_up",
      help: "1: the upstream server answers; 0: it does not, and is probed",
      labelNames: ["server", "kind"],
      // Of several processes, one that does not reach it is what has to be seen.
      aggregator: "min",
      registers,
    }),
    accountingDropped: new Counter({
      name: "weir_upstream_accounting_dropped_total",
      help: "Accounting records that were not forwarded upstream (they are in Weir's own database)",
      labelNames: ["reason"],
      registers,
    }),
    accountingQueued: new Gauge({
      name: "weir_upstream_accounting_queued",
      help: "Accounting records that wait in the database to be forwarded upstream",
      // Each process counts those of all.
      aggregator: "max",
      registers,
    }),
  };
}
