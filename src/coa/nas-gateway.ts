import type { Dictionary } from "../dictionary/dictionary.ts";
import type { MayTransmit, NasGateway, PreparedRequest, Step } from "../enforcement/nas-gateway.ts";
import type { Outcome } from "../enforcement/outcome.ts";
import type { Nas } from "../nas/nas.ts";
import { Code } from "../radius/code.ts";
import { encodeRequest } from "../radius/encode-packet.ts";
import type { Session } from "../session/session.ts";
import type { CoaMetrics } from "./coa-metrics.ts";
import { exchange } from "./exchange.ts";
import { grantedAttributes } from "./granted-attributes.ts";
import { nasLimits } from "./nas-limits.ts";
import { createNasLines, type Line } from "./nas-lines.ts";
import type { Place } from "./nas-ports.ts";
import { planEnforcement } from "./plan.ts";
import { identificationOf, requestAttributes } from "./request-attributes.ts";
import { retransmissionWaits } from "./retransmission.ts";

export interface NasGatewayOptions {
  readonly dictionary: Dictionary;
  readonly metrics: CoaMetrics;
  readonly now: () => Date;
  /** A clock that nobody sets: by it identifiers rest and rates are kept, however the time of day jumps. */
  readonly uptimeMs?: () => number;
  /** 0 to 1. */
  readonly random: () => number;
  /** The address that requests to a NAS leave from; undefined: as the routes say. */
  readonly localAddressFor?: (nasAddress: string) => string | undefined;
  /** RFC 5176 section 6.3: how long a NAS remembers an identifier of a port. */
  readonly windowMs?: number;
}

const WINDOW_MS = 300_000;
const TIDY_EVERY_MS = 30_000;

/** One request and where it leaves from. */
interface Departure {
  readonly nas: Nas;
  readonly line: Line;
  readonly place: Place;
  readonly octets: Buffer;
  readonly mayTransmit: MayTransmit;
}

/** Requests to NASes over UDP: identifiers, source ports, retransmission, verification, limits. */
export function createNasGateway(options: NasGatewayOptions): NasGateway & { stop(): Promise<void> } {
  const { dictionary, metrics, now, random, localAddressFor, windowMs = WINDOW_MS } = options;
  const uptimeMs = options.uptimeMs ?? (() => performance.now());
  const stopping = new AbortController();
  const underWay = new Set<Promise<Outcome>>();
  const lines = createNasLines({
    uptimeMs,
    windowMs,
    onIgnored: (reason) => metrics.ignored.inc({ reason }),
    ...(localAddressFor && { localAddressFor }),
  });
  const tidying = setInterval(() => metrics.openPorts.set(lines.tidy()), TIDY_EVERY_MS);
  tidying.unref();

  const run = async ({ nas, line, place, octets, mayTransmit }: Departure): Promise<Outcome> => {
    await line.admission.pace();
    const { timeoutMs, retries } = nasLimits(nas);
    const outcome = await exchange({
      port: place.port,
      octets,
      secret: nas.secret,
      waitsMs: retransmissionWaits(timeoutMs, retries, random),
      now,
      mayTransmit,
      onTransmit: () => metrics.transmissions.inc({ nas: nas.id }),
      paceAgain: line.admission.paceAgain,
      onIgnored: (reason) => metrics.ignored.inc({ reason }),
      stopped: stopping.signal,
    });
    place.port.identifiers.rest(place.identifier, uptimeMs());
    line.admission.leave({ unsent: false });
    metrics.outcomes.inc({ nas: nas.id, outcome: outcome.kind });
    return outcome;
  };
  const send = async (departure: Departure): Promise<Outcome> => {
    const running = run(departure);
    underWay.add(running);
    return await running.finally(() => underWay.delete(running));
  };
  /** What could not be made ready gives its place among the requests under way back. */
  const entered = async <T>({ admission }: Line, work: () => Promise<T>): Promise<T> => {
    await admission.enter();
    try {
      return await work();
    } catch (error) {
      admission.leave({ unsent: true });
      throw error;
    }
  };
  const prepareOn = async (line: Line, request: Request): Promise<PreparedRequest> => {
    const { nas } = request;
    const place = await line.ports.take(uptimeMs(), nasLimits(nas).changePort);
    const giveBack = () => place.port.identifiers.giveBack(place.identifier);
    try {
      const octets = encode(dictionary, { ...request, identifier: place.identifier, now: now() });
      const abandon = () => {
        giveBack();
        line.admission.leave({ unsent: true });
      };
      const departure = { nas, line, place, octets };
      return {
        octets,
        localPort: place.port.localPort,
        send: (mayTransmit) => send({ ...departure, mayTransmit }),
        abandon,
      };
    } catch (error) {
      giveBack();
      throw error;
    }
  };

  return {
    plan: (request) => planEnforcement(request, (granted) => grantedAttributes(dictionary, granted)),
    identification: identificationOf,
    capacity: (nas) => {
      if (stopping.signal.aborted) return 0;
      const { admission, ports } = lines.to(nas);
      return Math.min(admission.available(), ports.free(uptimeMs()));
    },
    prepare: async (nas, session, step) => {
      const line = lines.to(nas);
      return await entered(line, () => prepareOn(line, { nas, session, step }));
    },
    resume: async (nas, { octets, localPort }, mayTransmit) => {
      const line = lines.to(nas);
      const identifier = octets.readUInt8(1);
      const place = await entered(line, () => line.ports.retake({ localPort, identifier }, uptimeMs()));
      if (place) return await send({ nas, line, place, octets, mayTransmit });
      line.admission.leave({ unsent: true });
      return undefined;
    },
    stop: async () => {
      clearInterval(tidying);
      stopping.abort();
      lines.shut();
      await Promise.all(underWay);
      lines.close();
    },
  };
}

interface Request {
  readonly nas: Nas;
  readonly session: Session;
  readonly step: Step;
}

/** Throws RadiusError where an override fits no dictionary or the whole fits no packet. */
function encode(dictionary: Dictionary, request: Request & { identifier: number; now: Date }): Buffer {
  const { nas, step, identifier } = request;
  return encodeRequest({
    code: step.kind === "coa" ? Code.CoaRequest : Code.DisconnectRequest,
    identifier,
    attributes: requestAttributes(dictionary, request),
    secret: nas.secret,
    messageAuthenticator: nasLimits(nas).messageAuthenticator,
  });
}
