import type {
  CaseAnswer,
  EnforcementAnswer,
  List,
  MeasureAnswer,
  SessionAnswer,
  SubscriberAnswer,
} from "./api-answers.ts";
import type { Demo } from "./demo-context.ts";
import { customerIdOf } from "./demo-names.ts";

export const caseById = async ({ admin }: Demo, id: string): Promise<CaseAnswer> =>
  await admin.call("GET", `/v1/cases/${id}`);

/** The open session of a line, as Weir sees it. */
export async function sessionOf({ admin }: Demo, line: number): Promise<SessionAnswer | undefined> {
  const path = `/v1/sessions?state=open&subscriber=${customerIdOf(line)}`;
  return (await admin.call<List<SessionAnswer>>("GET", path)).items[0];
}

export async function standingMeasures({ admin }: Demo, line: number): Promise<readonly MeasureAnswer[]> {
  return (await admin.call<SubscriberAnswer>("GET", `/v1/subscribers/${customerIdOf(line)}`)).measures;
}

/** What was sent to the BNG about a line since a moment, and answered; oldest first. */
export async function sentSince({ admin }: Demo, line: number, since: number): Promise<EnforcementAnswer[]> {
  const path = `/v1/enforcements?subscriber=${customerIdOf(line)}&limit=50`;
  const { items } = await admin.call<List<EnforcementAnswer>>("GET", path);
  return items
    .filter(({ kind, sentAt }) => kind !== "access" && sentAt !== null && Date.parse(sentAt) >= since)
    .toReversed();
}

/** Waits until the Start of the line's session on the BNG is recorded, so that what follows is about that one. */
export async function recordedLogin(demo: Demo, line: number): Promise<void> {
  const id = demo.bng.line(line)?.session;
  await demo.story.wait(`the Start of ${customerIdOf(line)}`, async () =>
    (await sessionOf(demo, line))?.acctSessionId === id ? true : undefined,
  );
}

const SECOND = 1000;

/** The latest whole second in which the line held its address: feeds tell times no finer than that. */
export async function heldMoment(demo: Demo, line: number): Promise<Date> {
  const session = await demo.story.wait(`an open session of ${customerIdOf(line)}`, () => sessionOf(demo, line));
  return await demo.story.wait("a whole second of the session", async () => {
    const second = Math.floor(Date.now() / SECOND) * SECOND;
    return second >= Date.parse(session.startedAt) ? new Date(second) : undefined;
  });
}
