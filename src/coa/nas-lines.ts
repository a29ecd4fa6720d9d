import type { Nas } from "../nas/nas.ts";
import { type Admission, createAdmission } from "./admission.ts";
import type { CoaPortOptions } from "./coa-port.ts";
import { nasLimits } from "./nas-limits.ts";
import { createNasPorts, type NasPorts } from "./nas-ports.ts";
import { vendorOf } from "./vendors/vendors.ts";

/** The way to a NAS, and what is under way on it. */
export interface Line {
  readonly address: string;
  readonly coaPort: number;
  readonly ports: NasPorts;
  readonly admission: Admission;
}

export interface NasLines {
  /** The line of a NAS as it is configured now. */
  to(nas: Nas): Line;
  /** Closes ports that have rested, and lines that nobody uses; returns how many ports are open. */
  tidy(): number;
  /** Lets nothing in any more, and nothing wait. */
  shut(): void;
  close(): void;
}

export interface NasLinesOptions {
  /** A clock that nobody sets. */
  readonly uptimeMs: () => number;
  readonly windowMs: number;
  /** The address that requests to a NAS leave from; undefined: as the routes say. */
  readonly localAddressFor?: (nasAddress: string) => string | undefined;
  readonly onIgnored: CoaPortOptions["onIgnored"];
}

/** 256 ports of 256 identifiers: 65,536 requests to one NAS in each window. */
const MAX_PORTS = 256;

export function createNasLines({ uptimeMs, windowMs, localAddressFor, onIgnored }: NasLinesOptions): NasLines {
  const lines = new Map<string, Line>();
  /** Those of an address or port that a NAS had before: what is under way on them ends by itself. */
  const retired = new Set<Line>();

  const open = (nas: Nas, coaPort: number): Line => {
    const { address } = nas;
    const localAddress = localAddressFor?.(address);
    const ports = createNasPorts({
      address,
      port: coaPort,
      windowMs,
      maxPorts: MAX_PORTS,
      onIgnored,
      ...(localAddress === undefined ? {} : { localAddress }),
    });
    return { address, coaPort, ports, admission: createAdmission(uptimeMs, nasLimits(nas)) };
  };
  const all = () => [...lines.values(), ...retired];
  const tidyOne = ({ ports, admission }: Line): { readonly open: number; readonly isUnused: boolean } => {
    const open = ports.tidy(uptimeMs());
    return { open, isUnused: open === 0 && admission.isIdle() };
  };
  return {
    to: (nas) => {
      const coaPort = nas.coaPort ?? vendorOf(nas.vendor).coaPort;
      const known = lines.get(nas.id);
      if (known?.address === nas.address && known.coaPort === coaPort) {
        known.admission.adjust(nasLimits(nas));
        return known;
      }
      if (known) retired.add(known);
      const line = open(nas, coaPort);
      lines.set(nas.id, line);
      return line;
    },
    tidy: () => {
      let count = 0;
      for (const [id, line] of lines) {
        const { open, isUnused } = tidyOne(line);
        count += open;
        if (isUnused) lines.delete(id);
      }
      for (const line of retired) {
        const { open, isUnused } = tidyOne(line);
        count += open;
        if (isUnused) retired.delete(line);
      }
      return count;
    },
    shut: () => {
      for (const { admission } of all()) admission.stop();
    },
    close: () => {
      for (const { ports } of all()) ports.close();
    },
  };
}
