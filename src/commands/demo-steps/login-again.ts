import { formatAttribute, plainText } from "../../radius/attribute-text.ts";
import type { BngEvent } from "../../simulator/bng-event.ts";
import type { Demo } from "./demo-context.ts";
import { customerIdOf } from "./demo-names.ts";

export type Login = Extract<BngEvent, { kind: "login" }>;

/** Waits for the next login of a line after a moment, and tells what it was answered. */
export async function nextLogin(demo: Demo, line: number, after: number): Promise<Login> {
  const { story, bngLog, dictionary } = demo;
  const login = await story.wait(`a login of ${customerIdOf(line)}`, async () => bngLog.login(line, after));
  const reply = login.attributes.find(({ name }) => name === "Reply-Message");
  const why = reply ? `: "${plainText(dictionary, reply)}"` : "";
  const code =
    login.result === "accepted" ? "Access-Accept" : login.result === "rejected" ? "Access-Reject" : "no answer";
  story.tell(`${customerIdOf(line)} logs in: ${code} after ${login.latencyMs.toFixed(1)} ms${why}`, login.at);
  return login;
}

/** The customer switches the router off and on. */
export async function loginAgain(demo: Demo, line: number): Promise<Login> {
  const { story, bng } = demo;
  story.tell(`${customerIdOf(line)} switches its router off (Accounting-Stop), and on again`);
  await bng.logout(line);
  const after = Date.now();
  await bng.login(line);
  return await nextLogin(demo, line, after);
}

const granted: readonly string[] = ["Filter-Id", "WISPr-Bandwidth-Max-Down", "WISPr-Bandwidth-Max-Up"];

export const grantedLines = ({ dictionary }: Demo, login: Login): string[] =>
  login.attributes
    .filter(({ name }) => granted.includes(name))
    .map((attribute) => `    ${formatAttribute(dictionary, attribute)}`);
