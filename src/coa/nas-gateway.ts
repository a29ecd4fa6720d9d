import type { Dictionary } from "../dictionary/dictionary.ts";
import type { NasGateway } from "../enforcement/nas-gateway.ts";
import type { Outcome } from "../enforcement/outcome.ts";
import type { Nas } from "../nas/nas.ts";
import { Code } from "../radius/code.ts";
import { encodeRequest } from "../radius/encode-packet.ts";
import type { CoaMetrics } from "./coa-metrics.ts";
import { exchange } from "./exchange.ts";
import { grantedAttributes } from "./granted-attributes.ts";
import { createRateLimit, nasLimits, type RateLimit } from "./nas-limits.ts";
import { createNasPorts, type NasPorts, type Place } from "./nas-ports.ts";
import { planEnforcement } from "./plan.ts";
import { requestAttributes } from "./request-attributes.ts";
import { retransmissionWaits } from "./retransmission.ts";
import { vendorOf } from "./vendors/vendors.ts";

export interface NasGatewayOptions {
  readonly dictionary: Dictionary;
  readonly metrics: CoaMetrics;
  readonly now: () => Date;
  /** 0 to 1. */
  readonly random: () => number;
  /** The address that requests to a NAS leave from; undefined: as the routes say. */
  readonly localAddressFor?: (nasAddress: string) => string | undefined;
  /** RFC 5176 section 6.3: how long a NAS remembers an identifier of a port. */
  readonly windowMs?: number;
}

/** The way to a NAS, and what is under way on it. */
interface Line {
  readonly ports: NasPorts;
  readonly rate?: { readonly perSecond: number; readonly limit: RateLimit };
  inFlight: number;
}

const WINDOW_MS = 300_000;
/** 256 ports of 256 identifiers: 65,536 requests to one NAS in each window. */
const MAX_PORTS = 256;
const TIDY_EVERY_MS = 30_000;

/** Requests to NASes over UDP: identifiers, source ports, retransmission, verification, limits. */
export function createNasGateway(options: NasGatewayOptions): NasGateway & { stop(): Promise<void> } {
  const { dictionary, metrics, now, random } = options;
  const windowMs = options.windowMs ?? WINDOW_MS;
  const lines = new Map<string, Line>();
  const stopping = new AbortController();
  const underWay = new Set<Promise<Outcome>>();

  const openLine = (nas: Nas, port: number): Line => {
    const { ratePerSecond, changePort } = nasLimits(nas);
    const localAddress = options.localAddressFor?.(nas.address);
    const ports = createNasPorts({
      address: nas.address,
      port,
      windowMs,
      maxPorts: MAX_PORTS,
      changePort,
      onIgnored: (reason) => metrics.ignored.inc({ reason }),
      ...(localAddress === undefined ? {} : { localAddress }),
    });
    const rate =
      ratePerSecond === undefined ? {} : { rate: { perSecond: ratePerSecond, limit: createRateLimit(ratePerSecond) } };
    return { ports, inFlight: 0, ...rate };
  };
  /** The line of a NAS as it is configured now; a changed address, port or rate opens a new one. */
  const lineTo = (nas: Nas): Line => {
    const port = nas.coaPort ?? vendorOf(nas.vendor).coaPort;
    const known = lines.get(nas.id);
    const isSame = known?.ports.address === nas.address && known.ports.coaPort === port;
    if (known && isSame && known.rate?.perSecond === nasLimits(nas).ratePerSecond) return known;
    const line = openLine(nas, port);
    lines.set(nas.id, line);
    // Requests under way on the old line end by themselves; its ports close when they have rested.
    if (known && known.inFlight === 0) known.ports.close();
    return line;
  };
  const tidying = setInterval(() => {
    const open = [...lines.values()].reduce((sum, { ports }) => sum + ports.tidy(now().getTime()), 0);
    metrics.openPorts.set(open);
  }, TIDY_EVERY_MS);
  tidying.unref();

  const run = async (nas: Nas, line: Line, { port, identifier }: Place, octets: Buffer): Promise<Outcome> => {
    const limits = nasLimits(nas);
    const exchanging = exchange({
      port,
      octets,
      secret: nas.secret,
      waitsMs: retransmissionWaits(limits.timeoutMs, limits.retries, random),
      now,
      onTransmit: () => metrics.transmissions.inc({ nas: nas.id }),
      onIgnored: (reason) => metrics.ignored.inc({ reason }),
      stopped: stopping.signal,
    });
    underWay.add(exchanging);
    const outcome = await exchanging;
    underWay.delete(exchanging);
    port.identifiers.release(identifier, { unsent: false });
    line.inFlight -= 1;
    metrics.outcomes.inc({ nas: nas.id, outcome: outcome.kind });
    return outcome;
  };

  const unreachable = (): Outcome => ({ kind: "unreachable", attempts: 0, sentAt: now() });

  return {
    plan: (request) => planEnforcement(request, (granted) => grantedAttributes(dictionary, granted)),
    capacity: (nas) => {
      if (stopping.signal.aborted) return 0;
      const line = lineTo(nas);
      const nowMs = now().getTime();
      const byRate = line.rate?.limit.available(nowMs) ?? Number.POSITIVE_INFINITY;
      return Math.max(0, Math.min(nasLimits(nas).maxInFlight - line.inFlight, byRate, line.ports.free(nowMs)));
    },
    prepare: async (nas, session, step) => {
      const line = lineTo(nas);
      const at = now();
      const attributes = requestAttributes(dictionary, { nas, session, step, now: at });
      line.inFlight += 1;
      line.rate?.limit.take(at.getTime());
      try {
        const place = await line.ports.take(at.getTime());
        const octets = encodeRequest({
          code: step.kind === "coa" ? Code.CoaRequest : Code.DisconnectRequest,
          identifier: place.identifier,
          attributes,
          secret: nas.secret,
          messageAuthenticator: nasLimits(nas).messageAuthenticator,
        });
        return {
          octets,
          localPort: place.port.localPort,
          send: () => run(nas, line, place, octets),
          abandon: () => {
            place.port.identifiers.release(place.identifier, { unsent: true });
            line.inFlight -= 1;
          },
        };
      } catch (error) {
        line.inFlight -= 1;
        throw error;
      }
    },
    resume: async (nas, { octets, localPort }) => {
      const line = lineTo(nas);
      try {
        const place = await line.ports.retake({ localPort, identifier: octets.readUInt8(1) }, now().getTime());
        line.inFlight += 1;
        return await run(nas, line, place, octets);
      } catch {
        return unreachable();
      }
    },
    stop: async () => {
      clearInterval(tidying);
      stopping.abort();
      await Promise.all(underWay);
      for (const { ports } of lines.values()) ports.close();
    },
  };
}
