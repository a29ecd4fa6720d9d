import type { EnforcementAnswer } from "./api-answers.ts";
import type { Demo } from "./demo-context.ts";
import { customerIdOf } from "./demo-names.ts";
import { sentSince } from "./look-ups.ts";
import { packetText } from "./packet-text.ts";

interface Expected {
  readonly line: number;
  /** What asked for it, "the report", and when: it was sent after that. */
  readonly asked: string;
  readonly since: number;
  readonly kind: "coa" | "disconnect";
  /** Shows the packets, attribute by attribute. */
  readonly isShown?: boolean;
}

const name = { coa: "CoA", disconnect: "Disconnect" } as const;

const milliseconds = (from: string | null, to: string | null): number =>
  from === null || to === null ? Number.NaN : Date.parse(to) - Date.parse(from);

/** When it happened, rather than when we came to hear of it. */
const momentOf = (time: string | null): Date => (time === null ? new Date() : new Date(time));

/** Waits until the BNG has answered, and tells what went over the wire. Throws DemoFailure unless it was an ACK. */
export async function showEnforcement(
  demo: Demo,
  { line, asked, since, kind, isShown }: Expected,
): Promise<EnforcementAnswer> {
  const { story, dictionary } = demo;
  const what = name[kind];
  const sent = await story.wait(`an answer to a ${what}-Request about ${customerIdOf(line)}`, async () =>
    (await sentSince(demo, line, since)).find((one) => one.kind === kind && one.outcome !== null),
  );
  const after = Date.parse(sent.sentAt ?? "") - since;
  story.tell(`${what}-Request for ${customerIdOf(line)} leaves, ${after} ms after ${asked}`, momentOf(sent.sentAt));
  if (isShown && sent.request) story.detail(...packetText(dictionary, sent.request));
  const took = milliseconds(sent.sentAt, sent.answeredAt);
  story.tell(
    `${what}-Request ${sent.outcome} after ${took} ms, with ${sent.attempts} transmission${sent.attempts === 1 ? "" : "s"}`,
    momentOf(sent.answeredAt),
  );
  if (isShown && sent.response) story.detail(...packetText(dictionary, sent.response));
  story.verify(`the BNG acknowledged the ${what}-Request`, sent.outcome === "acknowledged", sent.outcome);
  return sent;
}
