import type { Queryable } from "../database/database.ts";
import { rememberSigning, serversThatSign } from "./upstream-signing-store.ts";

/** Which upstream servers must sign their answers with a Message-Authenticator (CVE-2024-3596), by "host:port". */
export interface UpstreamSigning {
  mustSign(server: string): boolean;
  /** It has signed an answer that did not need it. */
  hasSigned(server: string): void;
}

export interface KeptUpstreamSigning extends UpstreamSigning {
  stop(): Promise<void>;
}

export interface UpstreamSigningOptions {
  readonly queryable: Queryable;
  readonly rule: "auto" | "require";
  readonly now: () => Date;
  readonly everyMs: number;
}

/** For one client and its time: an old server's unsigned answers are taken until it has signed one. */
export function createUpstreamSigning(): UpstreamSigning {
  const signing = new Set<string>();
  return { mustSign: (server) => signing.has(server), hasSigned: (server) => signing.add(server) };
}

/**
 * The same for all processes and across their restarts: else whoever can strip a signature on the way has only to wait
 * for a restart. With the rule "require" no server ever need not. What the database does not take is given to it again.
 */
export async function keepUpstreamSigning(options: UpstreamSigningOptions): Promise<KeptUpstreamSigning> {
  const { queryable, rule, now, everyMs } = options;
  const stored = new Set(await serversThatSign(queryable));
  const seen = new Set<string>();
  let isStopped = false;
  let timer: NodeJS.Timeout | undefined;
  let running: Promise<void> = Promise.resolve();
  const exchange = async (): Promise<void> => {
    const fresh = [...seen].filter((server) => !stored.has(server));
    if (fresh.length > 0) await rememberSigning(queryable, fresh, now());
    for (const server of await serversThatSign(queryable)) stored.add(server);
  };
  const start = () => {
    clearTimeout(timer);
    running = running.then(exchange).catch(() => {
      // Heals by itself: it is tried again.
    });
    if (!isStopped) timer = setTimeout(start, everyMs);
  };
  timer = setTimeout(start, everyMs);
  return {
    mustSign: (server) => rule === "require" || stored.has(server) || seen.has(server),
    hasSigned: (server) => {
      if (stored.has(server) || seen.has(server)) return;
      seen.add(server);
      if (!isStopped) start();
    },
    stop: async () => {
      isStopped = true;
      clearTimeout(timer);
      await running;
    },
  };
}
