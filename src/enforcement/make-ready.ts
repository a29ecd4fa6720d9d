import { RadiusError } from "../radius/radius-error.ts";
import type { PreparedRequest } from "./nas-gateway.ts";
import type { Run } from "./run.ts";
import type { RunContext } from "./run-context.ts";

export type Ready =
  | { readonly kind: "ready"; readonly prepared: PreparedRequest; readonly enforcementId: string }
  /** What it was planned from is no longer so. */
  | { readonly kind: "stale" }
  | { readonly kind: "no-room" }
  /** No request could say which session it is about. */
  | { readonly kind: "unidentified"; readonly detail: string }
  /** Its attributes do not fit into a packet, or have values that they cannot have. */
  | { readonly kind: "unencodable"; readonly detail: string };

/** Gives a step its octets and journals them; only then may it be sent. Rejects when the database does. */
export async function makeReady(run: Run, step: number, context: RunContext): Promise<Ready> {
  const { job, nas, session, plan } = run;
  const { steps } = plan;
  const { kind, attributes } = steps[step] ?? { kind: "coa", attributes: [] };
  const problem = await identityProblem(run, context);
  if (problem !== undefined) {
    context.isPrepared(job);
    return { kind: "unidentified", detail: problem };
  }
  const prepared = await context.gateway.prepare(nas, session, { kind, attributes }).catch((error: Error) => error);
  context.isPrepared(job);
  if (prepared instanceof RadiusError) return { kind: "unencodable", detail: prepared.message };
  if (prepared instanceof Error) return { kind: "no-room" };
  const { claimant, now } = context;
  try {
    const enforcementId = await context.journal.add({
      claimant,
      sessionId: job.sessionId,
      revision: job.revision,
      nasId: nas.id,
      kind,
      reason: job.reason,
      requestedAt: now(),
      profile: run.to,
      digest: run.toDigest,
      imposes: plan.imposes,
      appliedDigest: job.appliedDigest,
      step,
      steps: steps.length,
      attributes,
      localPort: prepared.localPort,
      request: prepared.octets,
    });
    if (enforcementId !== undefined) return { kind: "ready", prepared, enforcementId };
  } catch (error) {
    prepared.abandon();
    throw error;
  }
  prepared.abandon();
  return { kind: "stale" };
}

/** Why a request would be about another session, or about none that is named: a NAS may end any. */
export async function identityProblem(
  { job, nas, session }: Pick<Run, "job" | "nas" | "session">,
  context: RunContext,
): Promise<string | undefined> {
  const named = context.gateway.identification(nas, session);
  switch (named.kind) {
    case "session":
      return undefined;
    case "none":
      return "the session has none of the NAS's sessionKeys that would name it";
    case "address":
      return (await context.isAddressTaken({ sessionId: job.sessionId, addresses: named.addresses }))
        ? "its NAS has given the session's address to another, and the NAS's sessionKeys name it by nothing else"
        : undefined;
  }
}
