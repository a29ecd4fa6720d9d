import type { BngEvent } from "../../simulator/bng-event.ts";

export interface LoginNoticesOptions {
  /** How many subscribers there are. */
  readonly lines: number;
  readonly say: (text: string) => void;
}

const hint =
  "logins are rejected: the server has to know each subscriber's username and password (user0000000@isp.example and\n" +
  "pw-0000000 for number 0): PUT /v1/subscribers/{id} with usernames and credential, or weir import";

/** Says once why logins may be rejected, and once that everybody is online: what thousands of events don't tell. */
export function createLoginNotices({ lines, say }: LoginNoticesOptions): (event: BngEvent) => void {
  const online = new Set<number>();
  let isHinted = false;
  let isSummed = false;
  return (event) => {
    if (event.kind === "accounting" && event.status === "stop" && event.line !== undefined) online.delete(event.line);
    if (event.kind !== "login") return;
    if (event.result === "rejected" && !isHinted) {
      isHinted = true;
      say(hint);
    }
    if (event.result === "accepted") online.add(event.line);
    if (isSummed || online.size < lines) return;
    isSummed = true;
    say(lines === 1 ? "the subscriber is online" : `all ${lines} subscribers are online`);
  };
}
