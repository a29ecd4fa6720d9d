import { type AccountingStatus, encodeAccounting, statusAttributes } from "./accounting-request.ts";
import type { BngOptions } from "./bng-options.ts";
import type { CoaCounts } from "./coa-counts.ts";
import { createCoaResponder } from "./coa-responder.ts";
import { type InForce, nothingInForce } from "./in-force.ts";
import { createLine, type Line, type LineStatus } from "./line.ts";
import type { LineSession } from "./line-session.ts";
import { nasAttributes } from "./nas-identity.ts";
import { openRequestPort, type RequestPort } from "./request-port.ts";
import { createSessionIndex } from "./session-index.ts";
import { usernameOf } from "./subscriber-names.ts";
import { openWire } from "./wire.ts";

/** What one subscriber has at this moment. */
export interface LineView {
  readonly line: number;
  readonly username: string;
  readonly status: LineStatus;
  readonly session?: string;
  readonly ipv4?: string;
  readonly since?: Date;
  readonly inForce: InForce;
}

/** A BNG with its subscribers, from outside: everything else it says in RADIUS. */
export interface Bng {
  readonly coaPort: number;
  /** Undefined: it has no such line. */
  line(number: number): LineView | undefined;
  lines(): readonly LineView[];
  /** Lines with a session. */
  sessionCount(): number;
  counts(): { readonly coa: CoaCounts; readonly retransmitted: number; readonly unanswered: number };
  login(number: number): Promise<void>;
  logout(number: number): Promise<void>;
  /** An Interim-Update now; false: there is no session, or nobody answered. */
  report(number: number): Promise<boolean>;
  setPassword(number: number, password: string): void;
  /**
   * Announced (Accounting-Off first) or not, as by a power cut: every session is gone without a Stop. Then
   * Accounting-On, and all log in again, with session ids from the beginning, as on equipment that counts from one.
   */
  reboot(isAnnounced: boolean): Promise<void>;
  /** Says Accounting-Off; for an orderly end before stop(). */
  shutDown(): Promise<void>;
  /** Gives back every socket and timer. */
  stop(): Promise<void>;
}

const SOURCE_PORTS = 4;

function viewOf(line: Line): LineView {
  const session = line.session();
  const ipv4 = session?.identity.get("Framed-IP-Address");
  return {
    line: line.number,
    username: usernameOf(line.number),
    status: line.status(),
    ...(session && { session: session.id, since: session.startedAt }),
    ...(ipv4 !== undefined && { ipv4 }),
    inForce: session?.state.inForce ?? nothingInForce,
  };
}

/** Accounting-On or -Off: about all sessions (RFC 2866 section 5.1). */
async function announce(status: AccountingStatus, options: BngOptions, acct: RequestPort): Promise<void> {
  const { clock, dictionary, tell } = options;
  const secret = Buffer.from(options.secret, "utf8");
  const attributes = [...statusAttributes(status, clock.now()), ...nasAttributes(options.nas)];
  const sent = await acct.exchange((identifier) => encodeAccounting(attributes, { dictionary, secret, identifier }));
  const isAnswered = sent.kind === "answered";
  const latencyMs = isAnswered ? sent.latencyMs : 0;
  tell({ kind: "accounting", at: clock.now(), status, attributes, isAnswered, latencyMs });
}

/** Opens its sockets; rejects, with nothing left open, where one cannot be had. */
async function openPorts(options: BngOptions, receive: Parameters<typeof openWire>[0]["receive"]) {
  const closers: (() => Promise<void>)[] = [];
  const close = async () => {
    for (const one of closers.splice(0)) await one();
  };
  const secret = Buffer.from(options.secret, "utf8");
  const { address, authPort, acctPort } = options.server;
  const requests = { ...options, secret, sourcePorts: SOURCE_PORTS };
  try {
    const coa = await openWire({ ...options, port: options.coaPort, receive });
    closers.push(coa.close);
    const auth = await openRequestPort({ ...requests, server: { address, port: authPort } });
    closers.push(auth.close);
    const acct = await openRequestPort({ ...requests, server: { address, port: acctPort } });
    closers.push(acct.close);
    return { coa, auth, acct, close };
  } catch (error) {
    await close();
    throw error;
  }
}

/** Boots: Accounting-On, then every line logs in, so many a second. Resolves once the first of them is on its way. */
export async function startBng(options: BngOptions): Promise<Bng> {
  const { clock, lines: count, firstLine, loginsPerSecond } = options;
  const sessions = createSessionIndex<LineSession>();
  const lines = new Map<number, Line>();
  const logins = new Set<() => void>();
  const responder = createCoaResponder({
    options,
    sessions,
    lineOf: (number) => lines.get(number),
    send: (octets, to) => ports.coa.send(octets, to),
  });
  const ports = await openPorts(options, responder.receive);
  const { auth, acct, coa } = ports;
  for (let number = firstLine; number < firstLine + count; number += 1)
    lines.set(number, createLine(number, { options, auth, acct, sessions }));

  const callOff = (): void => {
    for (const cancel of logins) cancel();
    logins.clear();
  };
  const loginAll = (): void => {
    let index = 0;
    for (const line of lines.values()) {
      const cancel = clock.after((index * 1000) / loginsPerSecond, () => {
        logins.delete(cancel);
        void line.login();
      });
      logins.add(cancel);
      index += 1;
    }
  };
  const boot = async (): Promise<void> => {
    await announce("on", options, acct);
    loginAll();
  };
  const dropAll = (): void => {
    callOff();
    for (const line of lines.values()) line.drop(true);
  };
  await boot();
  return {
    coaPort: coa.port,
    line: (number) => {
      const line = lines.get(number);
      return line && viewOf(line);
    },
    lines: () => [...lines.values()].map(viewOf),
    sessionCount: () => sessions.all().length,
    counts: () => ({
      coa: responder.counts(),
      retransmitted: auth.counts().retransmitted + acct.counts().retransmitted,
      unanswered: auth.counts().unanswered + acct.counts().unanswered,
    }),
    login: async (number) => await lines.get(number)?.login(),
    logout: async (number) => await lines.get(number)?.logout(),
    report: async (number) => (await lines.get(number)?.report()) ?? false,
    setPassword: (number, password) => lines.get(number)?.setPassword(password),
    reboot: async (isAnnounced) => {
      if (isAnnounced) await announce("off", options, acct);
      dropAll();
      await boot();
    },
    shutDown: async () => {
      dropAll();
      await announce("off", options, acct);
    },
    stop: async () => {
      dropAll();
      responder.stop();
      await ports.close();
    },
  };
}
