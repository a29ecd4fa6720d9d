import type { Bng, LineView } from "../../simulator/bng.ts";
import { inForceText } from "../../simulator/in-force.ts";
import { numberOf } from "../../simulator/subscriber-names.ts";
import type { Said } from "./console-line.ts";

export const commandHelp = `what can be typed while it runs; SUBSCRIBER is a number or a username:
  list                           every subscriber, its session, and what is in
                                 force
  show SUBSCRIBER                the same of one
  login | logout | interim SUBSCRIBER
  password SUBSCRIBER TEXT       what it logs in with from now on
  counts                         what came to the CoA port, and what became of
                                 it
  reboot | crash                 all sessions end without a Stop; reboot says
                                 Accounting-Off first
  help | quit
`;

function lineSaid({ username, status, session, ipv4, inForce }: LineView): Said {
  const what =
    session === undefined ? status : [status, `session ${session}`, ipv4 ?? "no IPv4", inForceText(inForce)].join(", ");
  return { event: "line", who: username, what };
}

/** A subscriber as it is typed. */
const lineNumber = (typed: string): number => (/^\d{1,7}$/.test(typed) ? Number(typed) : (numberOf(typed) ?? -1));

function countsSaid(bng: Bng): Said[] {
  const { coa, retransmitted, unanswered } = bng.counts();
  const { dropped, errorCauses, ...verdicts } = coa;
  const pairs = (of: object) => Object.entries(of).map(([name, count]) => `${name} ${count}`);
  return [
    `sessions ${bng.sessionCount()}`,
    `CoA port: ${pairs(verdicts).join(", ")}`,
    `dropped: ${pairs(dropped).join(", ")}`,
    `Error-Causes: ${pairs(errorCauses).join(", ") || "none"}`,
    `own requests: ${retransmitted} retransmitted, ${unanswered} unanswered`,
  ].map((what) => ({ event: "counts", what }));
}

type OneLine = (bng: Bng, line: number, text: string) => Promise<unknown>;

const oneLine: Readonly<Record<string, OneLine>> = {
  show: async () => undefined,
  login: (bng, line) => bng.login(line),
  logout: (bng, line) => bng.logout(line),
  interim: async (bng, line) => {
    if (!(await bng.report(line))) throw new Error("the Interim was not answered, or there is no session");
  },
  password: async (bng, line, text) => bng.setPassword(line, text),
};

const notice = (what: string): Said[] => [{ event: "notice", what }];

async function ofOneLine(bng: Bng, action: OneLine, [typed = "", ...rest]: readonly string[]): Promise<Said[]> {
  const line = lineNumber(typed);
  if (!bng.line(line)) return notice(`there is no subscriber "${typed}" here`);
  await action(bng, line, rest.join(" "));
  const view = bng.line(line);
  return view ? [lineSaid(view)] : [];
}

/** Does what was typed, and says what there is to say; "quit" and "help" are for whoever asked. */
export async function carryOutCommand(bng: Bng, typed: string): Promise<Said[]> {
  const [command = "", ...rest] = typed.trim().split(/\s+/);
  const action = Object.hasOwn(oneLine, command) ? oneLine[command] : undefined;
  if (action) return await ofOneLine(bng, action, rest);
  switch (command) {
    case "":
      return [];
    case "list":
      return bng.lines().map(lineSaid);
    case "counts":
      return countsSaid(bng);
    case "reboot":
    case "crash":
      await bng.reboot(command === "reboot");
      return notice("rebooted");
    default:
      return notice(`"${command}" is no command; type help`);
  }
}
