import { type CoaPort, type CoaPortOptions, openCoaPort } from "./coa-port.ts";
import { createIdentifierPool, IDENTIFIERS_PER_PORT } from "./identifier-pool.ts";

/** An identifier taken on a port: one request's place. */
export interface Place {
  readonly port: CoaPort;
  readonly identifier: number;
}

/** Another program has the port, or the host has lost the address. */
const foreignPort: ReadonlySet<unknown> = new Set(["EADDRINUSE", "EADDRNOTAVAIL", "EACCES"]);

function unlessForeign(error: unknown): undefined {
  if (!foreignPort.has((error as { code?: unknown }).code)) throw error;
}

/** The source ports towards one NAS. */
export interface NasPorts {
  /** How many identifiers could be taken now, ports that may still be opened included. */
  free(nowMs: number): number;
  /**
   * Takes an identifier, on a further port where the open ones have none left. `changePort`: a further port for each
   * request, while there may be more. Rejects when all are used up.
   */
  take(nowMs: number, changePort: boolean): Promise<Place>;
  /** The place of a request that was sent before a restart: its own source port. undefined: somebody else has it. */
  retake(place: { localPort: number; identifier: number }, nowMs: number): Promise<Place | undefined>;
  /** Closes ports that have rested through a whole window; returns how many are open. */
  tidy(nowMs: number): number;
  close(): void;
}

export interface NasPortsOptions extends Omit<CoaPortOptions, "identifiers" | "localPort"> {
  readonly windowMs: number;
  readonly maxPorts: number;
}

export function createNasPorts(options: NasPortsOptions): NasPorts {
  const { windowMs, maxPorts } = options;
  const ports: CoaPort[] = [];
  const reopening = new Map<number, Promise<CoaPort>>();
  let underWay = 0;
  let isClosed = false;
  let opening: Promise<CoaPort> | undefined;

  const openPort = async (again?: { readonly localPort: number; readonly nowMs: number }): Promise<CoaPort> => {
    underWay += 1;
    try {
      const identifiers = createIdentifierPool(windowMs, again?.nowMs);
      const port = await openCoaPort({ ...options, identifiers, ...(again && { localPort: again.localPort }) });
      if (isClosed) {
        port.close();
        throw new Error("closed while a port was being opened");
      }
      ports.push(port);
      return port;
    } finally {
      underWay -= 1;
    }
  };
  /** Many ask at once, and one port serves them all: only one is opened at a time. */
  const openForAll = (): Promise<CoaPort> => {
    opening ??= openPort().finally(() => {
      opening = undefined;
    });
    return opening;
  };
  /** What was used of it before the restart is not known: only requests from then leave from it for a window. */
  const reopen = (localPort: number, nowMs: number): Promise<CoaPort> => {
    const known = reopening.get(localPort);
    if (known) return known;
    const opened = openPort({ localPort, nowMs }).finally(() => reopening.delete(localPort));
    reopening.set(localPort, opened);
    return opened;
  };
  const takeFrom = (port: CoaPort, nowMs: number): Place | undefined => {
    const identifier = port.identifiers.take(nowMs);
    return identifier === undefined ? undefined : { port, identifier };
  };
  const takeOpen = (nowMs: number, changePort: boolean): Place | undefined => {
    for (const port of ports) {
      const place = takeFrom(port, nowMs);
      if (!place) continue;
      // Next time it is the others' turn.
      if (changePort) ports.push(...ports.splice(ports.indexOf(port), 1));
      return place;
    }
    return undefined;
  };
  return {
    free: (nowMs) =>
      ports.reduce((sum, port) => sum + port.identifiers.free(nowMs), (maxPorts - ports.length) * IDENTIFIERS_PER_PORT),
    take: async (nowMs, changePort) => {
      if (changePort && ports.length + underWay < maxPorts) {
        const own = takeFrom(await openPort(), nowMs);
        if (own) return own;
      }
      for (;;) {
        const place = takeOpen(nowMs, changePort);
        if (place) return place;
        if (ports.length >= maxPorts) throw new Error(`all ${maxPorts} source ports are used up for now`);
        await openForAll();
      }
    },
    retake: async ({ localPort, identifier }, nowMs) => {
      const open = ports.find((one) => one.localPort === localPort);
      const port = open ?? (await reopen(localPort, nowMs).catch(unlessForeign));
      return port?.identifiers.retake(identifier) ? { port, identifier } : undefined;
    },
    tidy: (nowMs) => {
      for (const port of ports.filter((one) => one.identifiers.isIdle(nowMs))) {
        ports.splice(ports.indexOf(port), 1);
        port.close();
      }
      return ports.length;
    },
    close: () => {
      isClosed = true;
      for (const port of ports.splice(0)) port.close();
    },
  };
}
