import type { Bng, LineView } from "../../simulator/bng.ts";
import { inForceText } from "../../simulator/in-force.ts";
import { numberOf } from "../../simulator/subscriber-names.ts";

export const commandHelp = `what can be typed while it runs; SUBSCRIBER is a number or a username:
  list                           every subscriber, its session, and what is in force
  show SUBSCRIBER                the same of one
  login | logout | interim SUBSCRIBER
  password SUBSCRIBER TEXT       what it logs in with from now on
  counts                         what came to the CoA port, and what became of it
  reboot | crash                 all sessions end without a Stop; reboot says Accounting-Off first
  help | quit
`;

const statusText = (view: LineView): string =>
  [view.username, view.status, view.session ?? "-", view.ipv4 ?? "-", inForceText(view.inForce)].join("  ");

/** A subscriber as it is typed. */
const lineNumber = (typed: string): number => (/^\d{1,7}$/.test(typed) ? Number(typed) : (numberOf(typed) ?? -1));

function countsText(bng: Bng): string {
  const { coa, retransmitted, unanswered } = bng.counts();
  const { dropped, errorCauses, ...verdicts } = coa;
  const pairs = (of: object) => Object.entries(of).map(([name, count]) => `${name} ${count}`);
  return [
    `sessions ${bng.sessionCount()}`,
    `CoA port: ${pairs(verdicts).join(", ")}`,
    `dropped: ${pairs(dropped).join(", ")}`,
    `Error-Causes: ${pairs(errorCauses).join(", ") || "none"}`,
    `own requests: ${retransmitted} retransmitted, ${unanswered} unanswered`,
  ].join("\n");
}

type OneLine = (bng: Bng, line: number, text: string) => Promise<string>;

const oneLine: Readonly<Record<string, OneLine>> = {
  show: async () => "",
  login: async (bng, line) => {
    await bng.login(line);
    return "";
  },
  logout: async (bng, line) => {
    await bng.logout(line);
    return "";
  },
  interim: async (bng, line) => ((await bng.report(line)) ? "answered" : "not answered"),
  password: async (bng, line, text) => {
    bng.setPassword(line, text);
    return "";
  },
};

async function ofOneLine(bng: Bng, action: OneLine, [typed = "", ...rest]: readonly string[]): Promise<string> {
  const line = lineNumber(typed);
  if (!bng.line(line)) return `there is no subscriber "${typed}" here`;
  const said = await action(bng, line, rest.join(" "));
  const view = bng.line(line);
  return [said, view ? statusText(view) : ""].filter((text) => text !== "").join("\n");
}

/** Does what was typed, and answers in words; "quit" is for whoever asked. */
export async function carryOutCommand(bng: Bng, typed: string): Promise<string> {
  const [command = "", ...rest] = typed.trim().split(/\s+/);
  const action = Object.hasOwn(oneLine, command) ? oneLine[command] : undefined;
  if (action) return await ofOneLine(bng, action, rest);
  switch (command) {
    case "":
      return "";
    case "list":
      return bng.lines().map(statusText).join("\n");
    case "counts":
      return countsText(bng);
    case "reboot":
    case "crash":
      await bng.reboot(command === "reboot");
      return "rebooted";
    case "help":
      return commandHelp.trimEnd();
    default:
      return `"${command}" is no command; type help`;
  }
}
