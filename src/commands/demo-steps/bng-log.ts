import type { BngEvent } from "../../simulator/bng-event.ts";

type Login = Extract<BngEvent, { kind: "login" }>;
type Accounting = Extract<BngEvent, { kind: "accounting" }>;

/** The last thing of each kind that the BNG saw on each line: its own side of the story. */
export interface BngLog {
  tell(event: BngEvent): void;
  /** The last login after a moment; undefined: none since. */
  login(line: number, after: number): Login | undefined;
  accounting(line: number): Accounting | undefined;
}

export function createBngLog(): BngLog {
  const logins = new Map<number, Login>();
  const accounts = new Map<number, Accounting>();
  return {
    tell: (event) => {
      if (event.kind === "login") logins.set(event.line, event);
      if (event.kind === "accounting" && event.line !== undefined) accounts.set(event.line, event);
    },
    login: (line, after) => {
      const login = logins.get(line);
      return login && login.at.getTime() >= after ? login : undefined;
    },
    accounting: (line) => accounts.get(line),
  };
}
