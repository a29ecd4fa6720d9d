import { accountSession } from "./account.ts";
import { TerminateCause } from "./accounting-request.ts";
import { askLogin, type LoginAnswer } from "./ask-login.ts";
import type { BngOptions } from "./bng-options.ts";
import { grantedSession } from "./granted-session.ts";
import {
  backoffMs,
  cutOff,
  forgotten,
  type LineCourse,
  type LineStatus,
  loggedIn,
  loggingIn,
  newCourse,
  notLetIn,
  switchedOff,
  withPassword,
} from "./line-course.ts";
import type { LineSession } from "./line-session.ts";
import type { RequestPort } from "./request-port.ts";
import type { SessionIndex } from "./session-index.ts";

export interface LineParts {
  readonly options: BngOptions;
  readonly auth: RequestPort;
  readonly acct: RequestPort;
  readonly sessions: SessionIndex<LineSession>;
}

/** One subscriber's line: logs in, reports, is disconnected, comes back. line-course.ts says what follows on what. */
export class Line {
  readonly number: number;
  readonly #parts: LineParts;
  #course: LineCourse;
  #session: LineSession | undefined;
  /** Of the next login, or the next Interim: there is one of the two at most. */
  #cancelTimer = (): void => undefined;

  constructor(number: number, parts: LineParts) {
    this.number = number;
    this.#parts = parts;
    this.#course = newCourse(parts.options.passwordOf(number));
  }

  get status(): LineStatus {
    return this.#course.status;
  }

  get session(): LineSession | undefined {
    return this.#session;
  }

  setPassword(password: string): void {
    this.#course = withPassword(this.#course, password);
  }

  /** Resolves when the login is over, whatever came of it. */
  async login(): Promise<void> {
    const next = loggingIn(this.#course);
    if (!next) return;
    this.#enter(next);
    const answer = await askLogin({ line: this.number, password: next.password }, this.#parts);
    // Switched off, or rebooted, while the answer was on its way.
    if (this.#course.turn !== next.turn) return;
    if (answer.result === "accepted") this.#open(answer);
    else this.#backOff(answer);
  }

  /** The customer switches its router off. Resolves when the Stop is answered. */
  async logout(): Promise<void> {
    this.#enter(switchedOff(this.#course));
    await this.#end(TerminateCause.userRequest);
  }

  /** Sends an Interim-Update now; resolves with whether it was answered. */
  async report(): Promise<boolean> {
    const session = this.#session;
    if (!session) return false;
    return await accountSession(session, { status: "interim", more: session.counted() }, this.#parts);
  }

  /** The server had the session ended. */
  disconnected(): void {
    const { clock, personality } = this.#parts.options;
    if (personality.endsAfterAckMs === 0) {
      this.#cutOff();
      return;
    }
    const doomed = this.#session;
    clock.after(personality.endsAfterAckMs, () => {
      if (this.#session === doomed) this.#cutOff();
    });
  }

  /** The session is gone without a Stop, as by a power cut, and session ids begin anew. */
  drop(): void {
    this.#enter(forgotten(this.#course));
    this.#takeSession();
  }

  #enter(course: LineCourse): void {
    this.#cancelTimer();
    this.#cancelTimer = () => undefined;
    this.#course = course;
  }

  #loginAfter(ms: number): void {
    this.#cancelTimer = this.#parts.options.clock.after(ms, () => void this.login());
  }

  #open(answer: LoginAnswer): void {
    const { options, sessions } = this.#parts;
    const { attributes } = answer;
    this.#enter(loggedIn(this.#course));
    const session = grantedSession({ line: this.number, login: this.#course.logins, attributes }, options);
    this.#session = session;
    sessions.add(session);
    options.tell({ kind: "login", at: options.clock.now(), line: this.number, ...answer, session: session.id });
    void accountSession(session, { status: "start" }, this.#parts);
    this.#reportLater(session);
  }

  #backOff(answer: LoginAnswer): void {
    const { clock, random, tell, ...options } = this.#parts.options;
    tell({ kind: "login", at: clock.now(), line: this.number, ...answer });
    this.#enter(notLetIn(this.#course));
    const waits = { first: options.backoffMs, longest: options.longestBackoffMs, random: random() };
    this.#loginAfter(backoffMs(this.#course.failures, waits));
  }

  #reportLater(session: LineSession): void {
    const { clock, random } = this.#parts.options;
    if (session.interimSeconds === 0) return;
    // A little apart from each other: thousands of sessions that began together must not report together for ever.
    this.#cancelTimer = clock.after(session.interimSeconds * 1000 * (0.95 + 0.1 * random()), () => {
      void this.report();
      this.#reportLater(session);
    });
  }

  #cutOff(): void {
    if (!this.#session) return;
    const { loginAgainMs, personality } = this.#parts.options;
    this.#enter(cutOff(this.#course));
    this.#loginAfter(loginAgainMs);
    void this.#end(personality.saysWhyItEnded ? TerminateCause.adminReset : undefined);
  }

  async #end(cause: number | undefined): Promise<void> {
    const session = this.#takeSession();
    if (!session) return;
    const why = cause === undefined ? [] : [{ name: "Acct-Terminate-Cause", value: cause }];
    await accountSession(session, { status: "stop", more: [...session.counted(), ...why] }, this.#parts);
  }

  /** From here on no request finds it. */
  #takeSession(): LineSession | undefined {
    const session = this.#session;
    this.#session = undefined;
    if (session) this.#parts.sessions.remove(session);
    return session;
  }
}
