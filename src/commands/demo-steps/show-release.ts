import type { Demo } from "./demo-context.ts";
import { customerIdOf } from "./demo-names.ts";
import { EVERYDAY_FILTER } from "./set-up.ts";
import { showEnforcement } from "./show-enforcement.ts";
import { showInterim } from "./show-interim.ts";

interface Release {
  readonly line: number;
  readonly caseId: string;
  /** Shows the packets, attribute by attribute. */
  readonly isShown?: boolean;
}

/** The helpdesk lets a customer out: the order, the BNG's answer, and the Interim that shows what there was before. */
export async function showRelease(demo: Demo, { line, caseId, isShown = false }: Release): Promise<void> {
  const { story, helpdesk } = demo;
  const path = `/v1/cases/${caseId}/events`;
  const since = Date.now();
  story.tell(`the helpdesk releases ${customerIdOf(line)}: POST ${path} {"type": "release", "note": "cleaned up"}`);
  await helpdesk.call("POST", path, { type: "release", note: "cleaned up" });
  await showEnforcement(demo, { line, asked: "the release", since, kind: "coa", isShown });
  const { profile } = await showInterim(demo, line, EVERYDAY_FILTER);
  story.verify("the garden is lifted: nothing restricts the customer any more", profile.desired === null, profile);
}
