import { randomBytes } from "node:crypto";
import { expectedFrom } from "../../../src/enforcement/expected.ts";
import type {
  Identification,
  NasGateway,
  PlannedSteps,
  PlanRequest,
  Step,
} from "../../../src/enforcement/nas-gateway.ts";
import type { Outcome, OutcomeDetail } from "../../../src/enforcement/outcome.ts";
import { forbidsSession, type Profile } from "../../../src/enforcement/profile.ts";
import type { Nas } from "../../../src/nas/nas.ts";

/** One request as the scripted equipment sees it. */
export interface SeenRequest {
  readonly nasId: string;
  readonly sessionId: string;
  readonly kind: "coa" | "disconnect";
  /** The profile that the step asks for, or the text of a step that is one of several. */
  readonly asks: string;
  readonly octets: string;
  readonly isRetransmission: boolean;
}

export type Answer = OutcomeDetail | Promise<OutcomeDetail>;

export interface ScriptedNas {
  readonly gateway: NasGateway;
  readonly plans: PlanRequest[];
  readonly seen: SeenRequest[];
  /** Sessions that ever had two requests under way. */
  readonly overlaps: string[];
  /** What each session runs: set by acknowledged requests. */
  readonly runs: Map<string, string>;
  mostInFlight(nasId: string): number;
}

export interface Script {
  readonly answer?: (request: SeenRequest) => Answer;
  readonly capacity?: (nas: Nas) => number;
  readonly steps?: (to: Profile) => readonly Step[] | "unsupported";
  readonly now?: () => Date;
  readonly takesAway?: boolean;
  readonly identification?: Identification;
  /** Its ports are somebody else's: nothing can be sent again from them. */
  readonly hasLostPorts?: boolean;
}

/** As a plan: it imposes what its steps set, and accounting will show just that. */
export const planned = (steps: readonly Step[], takesAway = false): PlannedSteps => {
  const attributes = steps.flatMap((step) => step.attributes);
  return { kind: "steps", steps, imposes: { attributes, services: [] }, expected: expectedFrom(attributes), takesAway };
};

const oneStep = (to: Profile): readonly Step[] => [
  { kind: forbidsSession(to) ? "disconnect" : "coa", attributes: [{ name: "Filter-Id", value: JSON.stringify(to) }] },
];

/**
 * Equipment without a wire: answers as its script says, remembers duplicates (the same octets are one request), and
 * notices two requests for one session at once. Several gateways may share one.
 */
export function createScriptedNas(script: Script = {}): ScriptedNas {
  const now = script.now ?? (() => new Date());
  const plans: PlanRequest[] = [];
  const seen: SeenRequest[] = [];
  const overlaps: string[] = [];
  const runs = new Map<string, string>();
  const answered = new Map<string, OutcomeDetail>();
  const underWay = new Set<string>();
  const inFlight = new Map<string, number>();
  const most = new Map<string, number>();

  const count = (nasId: string, change: number) => {
    const next = (inFlight.get(nasId) ?? 0) + change;
    inFlight.set(nasId, next);
    most.set(nasId, Math.max(most.get(nasId) ?? 0, next));
  };
  const deliver = async (nas: Nas, octets: Buffer): Promise<Outcome> => {
    const text = octets.toString();
    const { sessionId, kind, asks } = JSON.parse(text) as {
      sessionId: string;
      kind: "coa" | "disconnect";
      asks: string;
    };
    const sentAt = now();
    const request = { nasId: nas.id, sessionId, kind, asks, octets: text, isRetransmission: answered.has(text) };
    seen.push(request);
    const known = answered.get(text);
    if (known) return { ...known, attempts: 1, sentAt, answeredAt: now() };
    if (underWay.has(sessionId)) overlaps.push(sessionId);
    underWay.add(sessionId);
    const detail = await (script.answer?.(request) ?? { kind: "acknowledged" });
    underWay.delete(sessionId);
    if (detail.kind === "acknowledged") runs.set(sessionId, asks);
    if (detail.kind === "acknowledged" || detail.kind === "refused") answered.set(text, detail);
    return { ...detail, attempts: 1, sentAt, ...(detail.kind === "no-answer" ? {} : { answeredAt: now() }) };
  };
  const gateway: NasGateway = {
    plan: (request) => {
      const { to } = request;
      plans.push(request);
      const steps = script.steps?.(to) ?? oneStep(to);
      if (steps === "unsupported") return { kind: "unsupported", measure: "block-ports", detail: "no filters here" };
      return planned(steps, script.takesAway ?? false);
    },
    identification: () => script.identification ?? { kind: "session" },
    capacity: (nas) => (script.capacity?.(nas) ?? 64) - (inFlight.get(nas.id) ?? 0),
    prepare: async (nas, session, step) => {
      count(nas.id, 1);
      const asks = step.attributes.map(({ value }) => String(value)).join("+");
      const octets = Buffer.from(
        JSON.stringify({ sessionId: session.id, kind: step.kind, asks, nonce: randomBytes(6).toString("hex") }),
      );
      return {
        octets,
        localPort: 20_000,
        send: () => deliver(nas, octets).finally(() => count(nas.id, -1)),
        abandon: () => count(nas.id, -1),
      };
    },
    resume: async (nas, { octets }) => (script.hasLostPorts ? undefined : await deliver(nas, octets)),
  };
  return { gateway, plans, seen, overlaps, runs, mostInFlight: (nasId) => most.get(nasId) ?? 0 };
}

export const scriptedNases = (...ids: string[]): { byId(id: string): Nas | undefined; all(): readonly Nas[] } => {
  const all = ids.map(
    (id): Nas => ({
      id,
      address: "127.0.0.1",
      secret: Buffer.from("testing123"),
      vendor: "generic",
      requireMessageAuthenticator: "auto",
      coa: {},
      profiles: {},
      messageAuthenticatorSeen: false,
      createdAt: new Date(0),
      updatedAt: new Date(0),
    }),
  );
  return { byId: (id) => all.find((nas) => nas.id === id), all: () => all };
};
