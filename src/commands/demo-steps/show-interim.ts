import { formatAttribute } from "../../radius/attribute-text.ts";
import { inForceText } from "../../simulator/in-force.ts";
import type { SessionAnswer } from "./api-answers.ts";
import type { Demo } from "./demo-context.ts";
import { customerIdOf } from "./demo-names.ts";
import { sessionOf } from "./look-ups.ts";

const telling: readonly string[] = ["User-Name", "Acct-Session-Id", "Framed-IP-Address", "Filter-Id"];
const isTelling = (name: string): boolean => telling.includes(name) || name.startsWith("WISPr-");

/** Sends the line's Interim, shows what it says of the profile, and checks it with Weir and with the BNG. */
export async function showInterim(demo: Demo, line: number, filter: string): Promise<SessionAnswer> {
  const { story, bng, bngLog, dictionary } = demo;
  const sentAt = new Date();
  const isAnswered = await bng.report(line);
  story.tell(
    `Interim-Update of ${customerIdOf(line)} leaves, and is ${isAnswered ? "answered" : "not answered"}`,
    sentAt,
  );
  const shown = bngLog.accounting(line)?.attributes ?? [];
  story.detail(...shown.filter(({ name }) => isTelling(name)).map((one) => `    ${formatAttribute(dictionary, one)}`));
  const session = await story.wait(`an open session of ${customerIdOf(line)}`, () => sessionOf(demo, line));
  const { observed, state } = session.profile;
  const filters = observed?.["Filter-Id"] ?? [];
  story.verify(`Weir observes Filter-Id "${filter}" in accounting`, filters.includes(filter), observed);
  story.verify("the session's profile is in-force: an ACK alone is no proof", state === "in-force", session.profile);
  const view = bng.line(line);
  story.detail(`the BNG itself: ${view ? inForceText(view.inForce) : "no such line"}`);
  story.verify("and so it is on the BNG", view?.inForce.filters.includes(filter) === true, view);
  return session;
}
