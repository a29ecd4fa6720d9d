import { Counter, Gauge, type Registry } from "prom-client";

export interface CoaMetrics {
  readonly outcomes: Counter<"nas" | "outcome">;
  readonly transmissions: Counter<"nas">;
  /** Datagrams that answered nothing: malformed, unknown identifier, wrong code, not authentic, stale. */
  readonly ignored: Counter<"reason">;
  readonly openPorts: Gauge;
}

export function createCoaMetrics(registry: Registry): CoaMetrics {
  const registers = [registry];
  return {
    outcomes: new Counter({
      name: "weir_coa_requests_total",
      help: "CoA and Disconnect requests by how they ended",
      labelNames: ["nas", "outcome"],
      registers,
    }),
    transmissions: new Counter({
      name: "weir_coa_datagrams_sent_total",
      help: "Datagrams sent to NASes, retransmissions included",
      labelNames: ["nas"],
      registers,
    }),
    ignored: new Counter({
      name: "weir_coa_ignored_replies_total",
      help: "Datagrams from NASes that answered no request under way",
      labelNames: ["reason"],
      registers,
    }),
    openPorts: new Gauge({ name: "weir_coa_source_ports", help: "Source ports open towards NASes", registers }),
  };
}
