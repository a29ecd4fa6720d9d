import { visibleText } from "../visible-text.ts";

/** One thing that a person is told: an event, what was typed and done, a notice. */
export interface Said {
  /** login, coa, line, notice, … */
  readonly event: string;
  /** A username; absent: it is about the whole BNG. */
  readonly who?: string;
  readonly what: string;
}

export const consoleLineHelp = `a line of its output: TIME (UTC) EVENT SUBSCRIBER (or -) and what there is to
say. The events:
  login                 accepted, rejected or unanswered, with the session's id
  start | interim | stop
                        accounting of a session; on | off: of the whole BNG
                        (Accounting-On, -Off)
  coa | disconnect      a request that came to the CoA port: what it was
                        answered, what is in force now, and what it asked
  dropped               a datagram on the CoA port that got no answer, and why
  line | counts | notice
                        answers to what is typed, and everything else; notices
                        go to standard error
`;

const EVENT_WIDTH = 10;
const WHO_WIDTH = 23;

/** The form of every line, so that eyes and `awk` find each thing in its place. */
export const consoleLine = ({ event, who = "-", what }: Said, at: Date): string =>
  `${at.toISOString()} ${event.padEnd(EVENT_WIDTH)} ${visibleText(who).padEnd(WHO_WIDTH)} ${visibleText(what)}\n`;
