import { accountBng } from "./account.ts";
import type { BngOptions } from "./bng-options.ts";
import { type BngPorts, openBngPorts } from "./bng-ports.ts";
import type { CoaCounts } from "./coa-counts.ts";
import { createCoaResponder } from "./coa-responder.ts";
import { type InForce, nothingInForce } from "./in-force.ts";
import type { Line } from "./line.ts";
import { createLineBank, type LineBank } from "./line-bank.ts";
import type { LineStatus } from "./line-course.ts";
import type { LineSession } from "./line-session.ts";
import { createSessionIndex, type SessionIndex } from "./session-index.ts";
import { usernameOf } from "./subscriber-names.ts";

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
  /**
   * Accounting-On, then every line logs in, so many a second. Resolves once On is answered or given up and the first
   * login is on its way.
   */
  boot(): Promise<void>;
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

function viewOf(line: Line): LineView {
  const { session } = line;
  const ipv4 = session?.identity.get("Framed-IP-Address");
  return {
    line: line.number,
    username: usernameOf(line.number),
    status: line.status,
    ...(session && { session: session.id, since: session.startedAt }),
    ...(ipv4 !== undefined && { ipv4 }),
    inForce: session?.state.inForce ?? nothingInForce,
  };
}

/** Opens its sockets and is silent until it boots. Rejects, with nothing left open, where a socket cannot be had. */
export async function openBng(options: BngOptions): Promise<Bng> {
  const sessions = createSessionIndex<LineSession>();
  const responder = createCoaResponder({
    options,
    sessions,
    lineOf: (number) => bank.line(number),
    send: (octets, to) => ports.coa.send(octets, to),
  });
  const ports = await openBngPorts(options, responder.receive);
  const bank = createLineBank({ ...ports, options, sessions });
  // A boot that is under way when it ends logs nobody in any more.
  let isEnding = false;
  const announce = async (status: "on" | "off") => await accountBng(status, { ...ports, options });
  const boot = async () => {
    await announce("on");
    if (!isEnding) bank.loginAll();
  };
  const goDown = () => {
    isEnding = true;
    bank.dropAll();
  };
  return {
    ...fromOutside(bank, sessions),
    coaPort: ports.coa.port,
    counts: () => ({ coa: responder.counts(), ...requestCounts(ports) }),
    boot,
    reboot: async (isAnnounced) => {
      if (isAnnounced) await announce("off");
      bank.dropAll();
      await boot();
    },
    shutDown: async () => {
      goDown();
      await announce("off");
    },
    stop: async () => {
      goDown();
      responder.stop();
      await ports.close();
    },
  };
}

/** What can be seen of its lines, and done at them. */
const fromOutside = (bank: LineBank, sessions: SessionIndex<LineSession>) =>
  ({
    line: (number) => {
      const line = bank.line(number);
      return line && viewOf(line);
    },
    lines: () => bank.all().map(viewOf),
    sessionCount: () => sessions.all().length,
    login: async (number) => await bank.line(number)?.login(),
    logout: async (number) => await bank.line(number)?.logout(),
    report: async (number) => (await bank.line(number)?.report()) ?? false,
    setPassword: (number, password) => bank.line(number)?.setPassword(password),
  }) satisfies Partial<Bng>;

function requestCounts({ auth, acct }: BngPorts) {
  const [login, accounting] = [auth.counts(), acct.counts()];
  return {
    retransmitted: login.retransmitted + accounting.retransmitted,
    unanswered: login.unanswered + accounting.unanswered,
  };
}

/** Opens its sockets, and boots. */
export async function startBng(options: BngOptions): Promise<Bng> {
  const bng = await openBng(options);
  await bng.boot();
  return bng;
}
