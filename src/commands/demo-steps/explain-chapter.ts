import type { EnforcementAnswer, ExplanationAnswer, List } from "./api-answers.ts";
import { type Demo, NAS_ID } from "./demo-context.ts";

const short = (hex: string | null): string => (hex === null ? "-" : `${hex.slice(0, 40)}… (${hex.length / 2} octets)`);

/** What was sent and what came back; an Access-Accept is an answer itself, to a request that is not kept. */
function packetsText({ kind, reason, outcome, request, response }: EnforcementAnswer): string {
  if (kind === "access") return `→ at the login (${reason}): Access-Accept ${short(response)}`;
  const answer = response === null ? "" : `: ${short(response)}`;
  return `→ ${kind === "coa" ? "CoA" : "Disconnect"}-Request (${reason}): ${short(request)} → ${outcome}${answer}`;
}

/** Why did you do this to me? The whole chain of one case, from the report's row to the packet's octets. */
export async function explainChapter({ story, admin }: Demo, caseId: string): Promise<void> {
  story.chapter(`Why? GET /v1/cases/${caseId}/explain`);
  const { chain } = await admin.call<ExplanationAnswer>("GET", `/v1/cases/${caseId}/explain`);
  for (const { report, observation, attribution, rule, measure } of chain) {
    story.tell(
      `report of ${report?.source}, ${report?.format}, row ${report?.row}, sha256 ${report?.sha256.slice(0, 16)}…`,
    );
    story.detail(
      `→ observation ${observation.id}: ${observation.name} from ${observation.ip} at ${observation.at}`,
      `→ attribution ${attribution.verdict}: ${attribution.subscriber}, ${attribution.reason}`,
      `→ rule ${rule?.playbook}, stage ${rule?.stage}: ${rule?.decision}`,
      `→ measure ${measure?.id}: ${measure?.kind}`,
      ...(measure?.enforcements ?? []).map(packetsText),
    );
  }
  const [link] = chain;
  const isWhole = link?.report !== null && link?.rule !== null && (link?.measure?.enforcements.length ?? 0) > 0;
  story.verify("the chain is whole: report row, observation, attribution, rule, measure, packets", isWhole, link);
}

/** Nobody else was touched: the BNG's own count of what it was told, and what each line has now. */
export async function nobodyElseChapter({ story, admin, bng }: Demo, gardened: readonly number[]): Promise<void> {
  story.chapter("Nobody else was touched");
  const lines = bng.lines().filter(({ inForce }) => inForce.garden !== undefined);
  story.tell(
    `on the BNG ${lines.length} of ${bng.lines().length} lines are in the garden: ${lines.map(({ username }) => username).join(", ")}`,
  );
  story.verify(
    "they are those that the reports were about",
    JSON.stringify(lines.map(({ line }) => line)) === JSON.stringify(gardened.toSorted((a, b) => a - b)),
    lines.map(({ line }) => line),
  );
  const { items } = await admin.call<List<EnforcementAnswer>>("GET", `/v1/enforcements?nas=${NAS_ID}&limit=200`);
  const sent = items.filter(({ kind }) => kind !== "access").length;
  const { acknowledged, refused, repeated } = bng.counts().coa;
  story.tell(
    `Weir counts ${sent} requests sent; the BNG counts ${acknowledged} acknowledged, ${refused} refused, ${repeated} repeated`,
  );
  story.verify("both count the same, and each was acknowledged", sent === acknowledged && refused === 0);
}
