import { Counter, Gauge, type Registry } from "prom-client";
import type { DropReason } from "./drop-reason.ts";
import { kernelDrops } from "./kernel-drops.ts";

export type PortName = "auth" | "acct";

/** What is counted on one port, its label filled in: this is done for every datagram. */
export interface PortMetrics {
  received(): void;
  dropped(reason: DropReason): void;
  /** `kind`: what came of it. */
  duplicate(kind: "answered" | "in-progress"): void;
  replied(code: number): void;
  sendFailed(): void;
  /** An accounting status about which there is nothing to record. */
  unrecorded(status: number): void;
  bound(port: number, receiveBufferOctets: number): void;
}

export interface ListenerMetrics {
  readonly auth: PortMetrics;
  readonly acct: PortMetrics;
  /** Whether the newest Access-Request of a NAS came without a Message-Authenticator. */
  lacksMessageAuthenticator(nasId: string, isLacking: boolean): void;
}

/** Past these numbers an unknown status is "other": a label must not have as many values as somebody likes to send. */
const HIGHEST_NAMED_STATUS = 15;

/** Registers the listener's metrics. */
export function createListenerMetrics(registry: Registry): ListenerMetrics {
  const registers = [registry];
  const counter = <Label extends string>(name: string, help: string, labelNames: readonly Label[]) =>
    new Counter({ name, help, labelNames, registers });
  const received = counter("weir_radius_received_total", "Datagrams received", ["port"]);
  const dropped = counter("weir_radius_dropped_total", "Datagrams that got no answer, by reason", ["port", "reason"]);
  const duplicates = counter("weir_radius_duplicates_total", "Repeated requests, by what came of them", [
    "port",
    "kind",
  ]);
  const replies = counter("weir_radius_replies_total", "Replies sent, by RADIUS code", ["port", "code"]);
  const sendFailures = counter("weir_radius_send_failures_total", "Replies that could not be sent", ["port"]);
  const unrecorded = counter(
    "weir_accounting_unrecorded_total",
    "Accounting-Requests acknowledged whose Acct-Status-Type says nothing about a session",
    ["status"],
  );
  const lacking = new Gauge({
    name: "weir_nas_without_message_authenticator",
    help: "1: the newest Access-Request of this NAS came without a Message-Authenticator (CVE-2024-3596)",
    labelNames: ["nas"],
    registers,
    aggregator: "max",
  });
  const receiveBuffer = new Gauge({
    name: "weir_radius_receive_buffer_bytes",
    help: "Receive buffer of the sockets of this port, as the kernel grants it (see net.core.rmem_max)",
    labelNames: ["port"],
    registers,
    aggregator: "max",
  });
  const bound = new Map<PortName, Set<number>>();
  new Gauge({
    name: "weir_radius_kernel_dropped",
    help: "Datagrams that the kernel threw away since the receive buffer was full, all sockets of this port together",
    labelNames: ["port"],
    registers,
    // Each process looks at all sockets of the port, others' too.
    aggregator: "max",
    async collect() {
      for (const [name, ports] of bound) {
        const drops = await Promise.all([...ports].map(kernelDrops));
        this.set(
          { port: name },
          drops.reduce<number>((sum, count) => sum + (count ?? 0), 0),
        );
      }
    },
  });

  const ofPort = (port: PortName): PortMetrics => {
    const receivedHere = received.labels({ port });
    const repliesByCode = new Map<number, Counter.Internal>();
    return {
      received: () => receivedHere.inc(),
      dropped: (reason) => dropped.inc({ port, reason }),
      duplicate: (kind) => duplicates.inc({ port, kind }),
      replied: (code) => {
        const known = repliesByCode.get(code) ?? replies.labels({ port, code: String(code) });
        repliesByCode.set(code, known);
        known.inc();
      },
      sendFailed: () => sendFailures.inc({ port }),
      unrecorded: (status) => unrecorded.inc({ status: status <= HIGHEST_NAMED_STATUS ? String(status) : "other" }),
      bound: (number, octets) => {
        bound.set(port, (bound.get(port) ?? new Set()).add(number));
        receiveBuffer.set({ port }, octets);
      },
    };
  };
  return {
    auth: ofPort("auth"),
    acct: ofPort("acct"),
    lacksMessageAuthenticator: (nas, isLacking) => lacking.set({ nas }, isLacking ? 1 : 0),
  };
}
