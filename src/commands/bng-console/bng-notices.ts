import type { BngEvent } from "../../simulator/bng-event.ts";

export interface BngNoticesOptions {
  /** How many subscribers there are. */
  readonly lines: number;
  /** The RADIUS server, for people. */
  readonly server: string;
  /** Where its own packets come from. */
  readonly address: string;
  readonly notice: (text: string) => void;
}

export interface BngNotices {
  tell(event: BngEvent): void;
  /** Nothing was heard of the server for a while. */
  stillNothing(): void;
}

const rejectedHint =
  "logins are rejected: the server has to know each subscriber's username and password (user0000000@isp.example and " +
  "pw-0000000 for number 0): PUT /v1/subscribers/{id} with usernames and credential, or weir import";

/** Says once what many events don't tell: why nobody answers, why logins are rejected, that everybody is online. */
export function createBngNotices({ lines, server, address, notice }: BngNoticesOptions): BngNotices {
  const online = new Set<number>();
  const given = new Set<string>();
  let isAnswered = false;
  const once = (text: string) => {
    if (!given.has(text)) notice(text);
    given.add(text);
  };
  const silence = `no answer from ${server}: is it up, does it know ${address} as a NAS, and has it the same secret?`;
  return {
    tell: (event) => {
      if (event.kind === "accounting") isAnswered ||= event.isAnswered;
      if (event.kind === "accounting" && event.status === "stop" && event.line !== undefined) online.delete(event.line);
      if (event.kind !== "login") return;
      if (event.result === "unanswered") once(silence);
      if (event.result === "rejected") once(rejectedHint);
      if (event.result !== "unanswered") isAnswered = true;
      if (event.result === "accepted") online.add(event.line);
      if (online.size === lines) once(lines === 1 ? "the subscriber is online" : `all ${lines} subscribers are online`);
    },
    stillNothing: () => {
      if (!isAnswered) once(silence);
    },
  };
}
