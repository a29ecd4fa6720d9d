import type { Attribute } from "../radius/attribute.ts";
import { Code } from "../radius/code.ts";
import { decodeAttributes } from "../radius/decode-attributes.ts";
import type { Packet } from "../radius/packet.ts";
import { encodeLogin } from "./access-request.ts";
import { type AccountingStatus, encodeAccounting, statusAttributes, TerminateCause } from "./accounting-request.ts";
import type { BngOptions } from "./bng-options.ts";
import { lineAttributes, sessionAttributes } from "./line-attributes.ts";
import { type LineSession, openLineSession } from "./line-session.ts";
import type { RequestPort } from "./request-port.ts";
import type { SessionIndex } from "./session-index.ts";
import { ipv4Of, sessionIdOf } from "./subscriber-names.ts";

export type LineStatus = "down" | "logging-in" | "up" | "waiting";

/** One subscriber's line: logs in, reports, is disconnected, comes back. */
export interface Line {
  readonly number: number;
  status(): LineStatus;
  session(): LineSession | undefined;
  /** Resolves when the login is over, whatever came of it. */
  login(): Promise<void>;
  /** The customer switches its router off. Resolves when the Stop is answered. */
  logout(): Promise<void>;
  /** Sends an Interim-Update now; resolves with whether it was answered. */
  report(): Promise<boolean>;
  /** The server had the session ended. */
  disconnected(): void;
  /** The session is gone without a Stop: power loss, or a reboot; `forgetsIds`: session ids begin anew. */
  drop(forgetsIds: boolean): void;
  setPassword(password: string): void;
}

export interface LineParts {
  readonly options: BngOptions;
  readonly auth: RequestPort;
  readonly acct: RequestPort;
  readonly sessions: SessionIndex<LineSession>;
}

const INTERIM_INTERVAL = "Acct-Interim-Interval";

/** What a session is known by: all that its packets say of it. */
const identityOf = (attributes: readonly Attribute[]): ReadonlyMap<string, string> =>
  new Map(attributes.map(({ name, value }) => [name, String(value)]));

const texts = (attributes: readonly Attribute[], name: string): string[] =>
  attributes.filter((attribute) => attribute.name === name).map(({ value }) => String(value));

export function createLine(number: number, { options, auth, acct, sessions }: LineParts): Line {
  const { clock, dictionary, personality, random, tell } = options;
  const secret = Buffer.from(options.secret, "utf8");
  let status: LineStatus = "down";
  let session: LineSession | undefined;
  let password = options.passwordOf(number);
  let logins = 0;
  let failures = 0;
  let cancelTimer = (): void => undefined;

  /** Counts what was begun anew: what an older attempt brings is no longer asked for. */
  let turn = 0;

  const rest = (next: LineStatus) => {
    turn += 1;
    cancelTimer();
    cancelTimer = () => undefined;
    status = next;
  };
  const loginLater = (ms: number) => {
    rest("waiting");
    cancelTimer = clock.after(ms, () => void login());
  };
  const backOff = () => {
    const ms = Math.min(options.backoffMs * 2 ** failures, options.longestBackoffMs);
    failures += 1;
    loginLater(ms * (0.9 + 0.2 * random()));
  };
  const account = async (of: LineSession, kind: AccountingStatus, more: readonly Attribute[]): Promise<boolean> => {
    const shown = personality.shown(of.state);
    const classes = shown.some(({ name }) => name === "Class") ? [] : of.classes;
    const ipv4 = of.identity.get("Framed-IP-Address") ?? ipv4Of(number);
    const attributes = [
      ...statusAttributes(kind, clock.now()),
      ...lineAttributes(number, options.nas),
      ...sessionAttributes(number, { id: of.id, ipv4 }),
      ...classes,
      ...shown,
      ...more,
    ];
    const sent = await acct.exchange((identifier) => encodeAccounting(attributes, { dictionary, secret, identifier }));
    const isAnswered = sent.kind === "answered";
    const common = { kind: "accounting", at: clock.now(), line: number, status: kind, session: of.id } as const;
    tell({ ...common, attributes, isAnswered, latencyMs: isAnswered ? sent.latencyMs : 0 });
    return isAnswered;
  };
  const report = async (): Promise<boolean> => {
    if (!session) return false;
    return await account(session, "interim", session.counted());
  };
  const reportLater = (of: LineSession) => {
    if (of.interimSeconds === 0) return;
    // A little apart from each other: thousands of sessions that began together must not report together for ever.
    const ms = of.interimSeconds * 1000 * (0.95 + 0.1 * random());
    cancelTimer = clock.after(ms, () => {
      void report();
      reportLater(of);
    });
  };
  const open = (granted: readonly Attribute[]): LineSession => {
    logins += 1;
    const ipv4 = texts(granted, "Framed-IP-Address").at(-1) ?? ipv4Of(number);
    const id = sessionIdOf(number, logins);
    const names = [...lineAttributes(number, options.nas), ...sessionAttributes(number, { id, ipv4 })];
    const interval = Number(texts(granted, INTERIM_INTERVAL).at(-1) ?? options.interimSeconds);
    return openLineSession(
      {
        line: number,
        id,
        state: personality.login(granted),
        classes: granted.filter(({ name }) => name === "Class"),
        identity: identityOf(names),
        interimSeconds: interval,
      },
      clock,
    );
  };
  const begin = (packet: Packet, request: Buffer, latencyMs: number) => {
    const secrets = { secret, authenticator: request.subarray(4, 20) };
    const attributes = decodeAttributes(dictionary, packet.attributes, secrets);
    const common = { kind: "login", at: clock.now(), line: number, attributes, latencyMs } as const;
    if (packet.code !== Code.AccessAccept) {
      tell({ ...common, result: "rejected" });
      return backOff();
    }
    failures = 0;
    rest("up");
    session = open(attributes);
    sessions.add(session);
    tell({ ...common, result: "accepted", session: session.id });
    void account(session, "start", []);
    reportLater(session);
  };
  const login = async (): Promise<void> => {
    if (status === "up" || status === "logging-in") return;
    rest("logging-in");
    const mine = turn;
    const attempt = { method: options.method, password, attributes: lineAttributes(number, options.nas) };
    const sent = await auth.exchange((identifier) => encodeLogin(attempt, { dictionary, secret, identifier }));
    // Switched off, or rebooted, while the answer was on its way.
    if (turn !== mine) return;
    if (sent.kind === "answered") return begin(sent.packet, sent.request, sent.latencyMs);
    tell({ kind: "login", at: clock.now(), line: number, result: "unanswered", attributes: [], latencyMs: 0 });
    backOff();
  };
  const end = async (cause: number | undefined): Promise<void> => {
    const ended = session;
    session = undefined;
    if (!ended) return;
    sessions.remove(ended);
    const why = cause === undefined ? [] : [{ name: "Acct-Terminate-Cause", value: cause }];
    await account(ended, "stop", [...ended.counted(), ...why]);
  };
  const cutOff = () => {
    if (!session) return;
    loginLater(options.loginAgainMs);
    void end(personality.saysWhyItEnded ? TerminateCause.adminReset : undefined);
  };
  return {
    number,
    status: () => status,
    session: () => session,
    login,
    logout: async () => {
      rest("down");
      await end(TerminateCause.userRequest);
    },
    report,
    disconnected: () => {
      if (personality.endsAfterAckMs === 0) return cutOff();
      const doomed = session;
      clock.after(personality.endsAfterAckMs, () => {
        if (session === doomed) cutOff();
      });
    },
    drop: (forgetsIds) => {
      rest("down");
      if (session) sessions.remove(session);
      session = undefined;
      if (forgetsIds) logins = 0;
    },
    setPassword: (given) => {
      password = given;
      failures = 0;
    },
  };
}
