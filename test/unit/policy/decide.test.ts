import { expect, test } from "vitest";
import { categories } from "../../../src/intake/category.ts";
import { builtInPlaybook } from "../../../src/policy/built-in-playbooks.ts";
import { decide, nextStage, type Situation, stageOf } from "../../../src/policy/decide.ts";

const now = new Date("2026-11-20T12:00:00Z");
const ago = (hours: number) => new Date(now.getTime() - hours * 60 * 60_000);
const residential = { class: "residential", protections: [] };

const situation: Situation = {
  playbook: builtInPlaybook("botnet"),
  state: "open",
  stage: null,
  evidence: { seenAt: ago(1) },
  sourceTrust: 80,
  subscriber: residential,
  impossibleHere: new Set(),
  standing: [],
  lifted: {},
  releasedAt: null,
  now,
};

test("one report from a source with trust 80 is enough for a bot to be gardened, for thirty days", () => {
  expect(decide(situation)).toMatchObject({
    kind: "order",
    stage: { name: "walled-garden" },
    measure: { kind: "walled-garden", params: {} },
    until: new Date(now.getTime() + 30 * 24 * 60 * 60_000),
  });
});

test.each<[string, Partial<Situation>, string]>([
  ["a source with trust 79", { sourceTrust: 79 }, "low-trust"],
  ["a reporter who is unsure", { evidence: { seenAt: ago(1), confidence: 0.49 } }, "low-confidence"],
  ["nobody named for sure", { subscriber: null }, "ambiguous"],
  ["priority assistance", { subscriber: { ...residential, protections: ["priority-assistance"] } }, "protected-line"],
  ["a medical alarm", { subscriber: { ...residential, protections: ["medical"] } }, "protected-line"],
  ["emergency voice", { subscriber: { ...residential, protections: ["emergency-voice"] } }, "protected-line"],
  ["wholesale, as a protection", { subscriber: { ...residential, protections: ["wholesale"] } }, "protected-line"],
  ["government", { subscriber: { ...residential, protections: ["government"] } }, "protected-line"],
  ["a wholesale customer", { subscriber: { class: "wholesale", protections: [] } }, "wholesale"],
  ["a vulnerable service", { playbook: builtInPlaybook("vulnerable-service") }, "notice-only"],
  ["a garden that stands", { standing: ["throttle", "walled-garden"] }, "already-standing"],
  ["a measure that can do nothing here", { impossibleHere: new Set(["walled-garden"]) }, "not-possible-here"],
  ["a case on hold", { state: "on-hold" }, "case-on-hold"],
  ["evidence from before the release", { releasedAt: ago(0.5) }, "evidence-before-release"],
  ["evidence from the very moment of the release", { releasedAt: ago(1) }, "evidence-before-release"],
  ["evidence from before the garden was lifted", { lifted: { "walled-garden": ago(0.5) } }, "evidence-before-release"],
  ["evidence fifteen days old", { evidence: { seenAt: ago(15 * 24) } }, "evidence-too-old"],
])("%s orders nothing: %s", (_, change, why) => {
  expect(decide({ ...situation, ...change })).toMatchObject({ kind: "withhold", why, detail: expect.any(String) });
});

test.each<[string, Partial<Situation>]>([
  ["evidence from after the release", { releasedAt: ago(2), lifted: { "walled-garden": ago(1.5) } }],
  ["evidence two days old", { evidence: { seenAt: ago(48) } }],
  ["another measure that stands", { standing: ["throttle"] }],
  ["another measure that was lifted", { lifted: { throttle: ago(0.1) } }],
  ["a reporter who is half sure", { evidence: { seenAt: ago(1), confidence: 0.5 } }],
  ["a business customer", { subscriber: { class: "business", protections: [] } }],
])("%s does not keep a measure back", (_, change) => {
  expect(decide({ ...situation, ...change })).toMatchObject({ kind: "order" });
});

test("a case that was moved on is ordered its own stage again", () => {
  expect(decide({ ...situation, stage: "suspend" })).toMatchObject({ kind: "order", measure: { kind: "suspend" } });
});

test.each([
  ["botnet", "walled-garden"],
  ["brute-force", "walled-garden"],
  ["scanning", "throttle"],
  ["ddos", "throttle"],
  ["spam", "walled-garden"],
  ["phishing", "walled-garden"],
  ["vulnerable-service", undefined],
] as const)("the shipped playbook for %s begins with %s", (category, kind) => {
  expect(stageOf(builtInPlaybook(category), null).measure?.kind).toBe(kind);
});

test("every shipped playbook acts from trust 80 on and none terminates by itself", () => {
  for (const category of categories) {
    const playbook = builtInPlaybook(category);
    expect(playbook).toMatchObject({ id: category, category, minimumTrust: 80 });
    for (const stage of playbook.stages) expect(stage.days).toBeGreaterThan(0);
    expect(new Set(playbook.stages.map(({ name }) => name)).size).toBe(playbook.stages.length);
  }
});

test("the next stage is the one after, and after the last there is none", () => {
  const playbook = builtInPlaybook("ddos");
  expect(nextStage(playbook, null)?.name).toBe("throttle");
  expect(nextStage(playbook, "throttle")?.name).toBe("walled-garden");
  expect(nextStage(playbook, "suspend")).toBeUndefined();
});
