import { type CoaPort, type CoaPortOptions, openCoaPort } from "./coa-port.ts";

/** An identifier taken on a port: one request's place. */
export interface Place {
  readonly port: CoaPort;
  readonly identifier: number;
}

/** The source ports towards one NAS. */
export interface NasPorts {
  readonly address: string;
  readonly coaPort: number;
  /** How many identifiers could be taken now, ports that may still be opened included. */
  free(nowMs: number): number;
  /** Takes an identifier, on a further port where the open ones have none left. Rejects when all are used up. */
  take(nowMs: number): Promise<Place>;
  /** The place of a request that was sent before: on its own source port where that can still be had. */
  retake(place: { localPort: number; identifier: number }, nowMs: number): Promise<Place>;
  /** Closes ports that have rested through a whole window; returns how many are open. */
  tidy(nowMs: number): number;
  close(): void;
}

export interface NasPortsOptions extends CoaPortOptions {
  readonly maxPorts: number;
  /** One port for each request in turn, rather than filling one first. */
  readonly changePort: boolean;
}

const IDENTIFIERS = 256;

export function createNasPorts(options: NasPortsOptions): NasPorts {
  const ports: CoaPort[] = [];
  let opening: Promise<CoaPort> | undefined;
  /** Many ask at once, and one port serves them all: only one is opened at a time. */
  const open = (): Promise<CoaPort> => {
    opening ??= openCoaPort(options)
      .then((port) => {
        ports.push(port);
        return port;
      })
      .finally(() => {
        opening = undefined;
      });
    return opening;
  };
  const takeFrom = (port: CoaPort, nowMs: number): Place | undefined => {
    const identifier = port.identifiers.take(nowMs);
    return identifier === undefined ? undefined : { port, identifier };
  };
  const takeOpen = (nowMs: number): Place | undefined => {
    for (const port of ports) {
      const place = takeFrom(port, nowMs);
      if (!place) continue;
      if (options.changePort) ports.push(...ports.splice(ports.indexOf(port), 1));
      return place;
    }
    return undefined;
  };
  return {
    address: options.address,
    coaPort: options.port,
    free: (nowMs) =>
      ports.reduce((sum, port) => sum + port.identifiers.free(nowMs), (options.maxPorts - ports.length) * IDENTIFIERS),
    take: async (nowMs) => {
      if (options.changePort && ports.length < Math.min(options.maxPorts, IDENTIFIERS)) await open();
      for (;;) {
        const place = takeOpen(nowMs);
        if (place) return place;
        if (ports.length >= options.maxPorts)
          throw new Error(`all ${options.maxPorts} source ports are used up for now`);
        await open();
      }
    },
    retake: async ({ localPort, identifier }, nowMs) => {
      let port = ports.find((one) => one.localPort === localPort);
      if (!port) {
        port = await openCoaPort({ ...options, localPort }).catch(() => undefined);
        if (port) ports.push(port);
      }
      // Somebody else has the port by now: the octets leave from another one, and a NAS may take them for new.
      port ??= await open();
      port.identifiers.occupy(identifier, nowMs);
      return { port, identifier };
    },
    tidy: (nowMs) => {
      for (const port of ports.filter((one) => one.identifiers.isIdle(nowMs))) {
        ports.splice(ports.indexOf(port), 1);
        port.close();
      }
      return ports.length;
    },
    close: () => {
      for (const port of ports.splice(0)) port.close();
    },
  };
}
