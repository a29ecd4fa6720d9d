import { describe, expect, test } from "vitest";
import { type Change, planOf } from "./vendor-requests.ts";

/** The steps of a plan as text: "disconnect", or what each CoA sets. */
function stepsOf(change: Change): string[] {
  const plan = planOf(change);
  if (plan.kind !== "steps") throw new Error(plan.detail);
  return plan.steps.map(({ kind, attributes }) =>
    kind === "disconnect"
      ? kind
      : attributes.map(({ name, tag, value }) => `${name}${tag === undefined ? "" : `:${tag}`}=${value}`).join(" "),
  );
}

const wispr = (kbps: number) => [
  { name: "WISPr-Bandwidth-Max-Down", value: kbps * 1000 },
  { name: "WISPr-Bandwidth-Max-Up", value: kbps * 1000 },
];
const gold = [{ name: "Filter-Id", value: "gold" }, ...wispr(50)];
const garden = { name: "Filter-Id", value: "walled-garden" };

describe("when a NAS fell silent, several translations may be in force: lifting takes all of them away", () => {
  test("throttle and garden on a generic NAS", () => {
    const change = {
      vendor: "generic",
      to: {},
      granted: gold,
      imposed: { attributes: [...wispr(1), garden], services: [] },
      isUnsure: true,
    } as const;
    expect(stepsOf(change)).toEqual(["WISPr-Bandwidth-Max-Down=50000 WISPr-Bandwidth-Max-Up=50000 Filter-Id=gold"]);
  });

  test("two throttles and a garden on a Juniper", () => {
    const services = ["weir-throttle(1000k,256k)", "weir-throttle(512k,128k)", "weir-garden"];
    expect(stepsOf({ vendor: "juniper", to: {}, imposed: { attributes: [], services }, isUnsure: true })).toEqual([
      services.map((name) => `ERX-Service-Deactivate=${name}`).join(" "),
    ]);
  });

  test("and a change keeps just what it wants", () => {
    const services = ["weir-throttle(1000k,256k)", "weir-garden"];
    const imposed = { attributes: [], services };
    expect(stepsOf({ vendor: "juniper", to: { isWalledGarden: true }, imposed, isUnsure: true })).toEqual([
      "ERX-Service-Deactivate=weir-throttle(1000k,256k)",
      "ERX-Service-Activate:1=weir-garden",
    ]);
  });
});

const slow = { throttle: { downKbps: 1000, upKbps: 256 } } as const;
const gardened = { isWalledGarden: true } as const;

describe("what is certainly in force is not said again", () => {
  test.each(["generic", "cisco-ios-xe", "juniper", "mikrotik"])("a throttle ordered under a garden: %s", (vendor) => {
    const [into, under] = [{}, gardened].map((from) => planOf({ vendor, from, to: { ...gardened, ...slow } }));
    expect(under).toEqual({ ...into, steps: [] });
  });

  test("but where nobody knows whether it is, it is", () => {
    expect(stepsOf({ vendor: "generic", from: gardened, to: { ...gardened, ...slow }, isUnsure: true })).toEqual([
      "Filter-Id=walled-garden",
    ]);
  });

  test("of two attributes the one that differs is sent", () => {
    const faster = { throttle: { downKbps: 2000, upKbps: 256 } };
    expect(stepsOf({ vendor: "cisco-ios-xe", from: slow, to: faster })).toEqual([
      "Cisco-AVPair=subscriber:sub-qos-policy-out=weir-2000k",
    ]);
  });

  test("of a list that differs all of it, since it takes the place of the other", () => {
    const ports = (...list: number[]) => ({
      blockedPorts: list.map((port) => ({ protocol: "tcp" as const, port, direction: "out" as const })),
    });
    expect(stepsOf({ vendor: "generic", from: ports(445), to: ports(445, 139) })).toEqual([
      [445, 139].map((port) => `NAS-Filter-Rule=deny in tcp from any to any ${port}`).join(" ") +
        " NAS-Filter-Rule=permit in ip from any to any NAS-Filter-Rule=permit out ip from any to any",
    ]);
  });

  test("of services the new one: what is on already is not switched on again", () => {
    const profiles = (names: readonly string[]) => ({ attributes: [], services: names });
    const change = { vendor: "juniper", to: gardened, imposed: profiles(["weir-garden", "old-service"]) };
    expect(stepsOf(change)).toEqual(["ERX-Service-Deactivate=old-service"]);
  });
});

describe("from a throttle, where nothing says what there was before it", () => {
  const throttled = { vendor: "generic", from: slow } as const;

  test("into the garden: the throttle stays under it, on record", () => {
    expect(stepsOf({ ...throttled, to: gardened })).toEqual(["Filter-Id=walled-garden"]);
    expect(planOf({ ...throttled, to: gardened })).toMatchObject({
      takesAway: false,
      expected: { "Filter-Id": ["walled-garden"] },
      imposes: {
        attributes: [
          garden,
          { name: "WISPr-Bandwidth-Max-Down", value: 1_000_000 },
          { name: "WISPr-Bandwidth-Max-Up", value: 256_000 },
        ],
      },
    });
  });

  test.each(["mikrotik", "cisco-ios-xe", "generic"])("and out of the garden again the session ends: %s", (vendor) => {
    const into = planOf({ vendor, from: slow, to: gardened });
    expect(into).toMatchObject({ steps: [{ kind: "coa" }] });
    const imposed = into.kind === "steps" ? into.imposes : { attributes: [], services: [] };
    expect(stepsOf({ vendor, imposed, to: {} })).toEqual(["disconnect"]);
  });

  test("what can be put back is put back when it goes into the garden", () => {
    const plan = { downKbps: 50_000, upKbps: 10_000 };
    expect(stepsOf({ vendor: "mikrotik", from: slow, to: gardened, plan })).toEqual([
      "Mikrotik-Rate-Limit=10000k/50000k Mikrotik-Address-List=weir-garden",
    ]);
  });

  test("it ends the session where it is lifted and not tightened", () => {
    const filtered = { ...slow, isSmtpRestricted: true } as const;
    expect(stepsOf({ ...throttled, from: filtered, to: { isSmtpRestricted: true } })).toEqual(["disconnect"]);
  });
});

test("what is undone is what was sent, also where the operator's translation has been changed since", () => {
  const imposed = { attributes: [], services: ["old-garden"] };
  expect(stepsOf({ vendor: "juniper", to: {}, imposed })).toEqual(["ERX-Service-Deactivate=old-garden"]);
});

test("services that the Access-Accept gave stay on when a measure is lifted, also one of the same name", () => {
  const granted = [
    { name: "ERX-Service-Activate", tag: 1, value: "internet-100m" },
    { name: "ERX-Service-Activate", tag: 2, value: "weir-garden" },
  ];
  const imposed = { attributes: [], services: ["weir-garden", "weir-throttle(1k,1k)"] };
  expect(stepsOf({ vendor: "juniper", to: {}, granted, imposed })).toEqual([
    "ERX-Service-Deactivate=weir-throttle(1k,1k)",
  ]);
});

test("equipment that takes no CoA is given a new login instead", () => {
  const imposed = { attributes: [{ name: "Filter-Id", value: "slow" }], services: [] };
  expect(stepsOf({ vendor: "hostapd", to: {}, granted: gold, imposed })).toEqual(["disconnect"]);
});

test("a plan faster than an attribute can say is said as fast as it can", () => {
  const change = { vendor: "generic", to: {}, plan: { downKbps: 10_000_000, upKbps: 5_000_000 } };
  expect(stepsOf({ ...change, from: { throttle: { downKbps: 1, upKbps: 1 } } })).toEqual([
    "WISPr-Bandwidth-Max-Down=4294967295 WISPr-Bandwidth-Max-Up=4294967295",
  ]);
});

test("what is expected to be seen is what is set by its own name: a Cisco shows its settings in other words", () => {
  const throttle = { throttle: { downKbps: 1000, upKbps: 256 } };
  expect(planOf({ vendor: "cisco-ios-xe", to: throttle })).toMatchObject({ expected: {} });
  expect(planOf({ vendor: "mikrotik", to: throttle })).toMatchObject({
    expected: { "Mikrotik-Rate-Limit": ["256k/1000k"] },
  });
});

test("whether a plan takes something away says whether its refusal must end the session", () => {
  const throttle = { throttle: { downKbps: 1000, upKbps: 256 } };
  expect(planOf({ vendor: "mikrotik", to: throttle })).toMatchObject({ takesAway: false });
  const plan = { downKbps: 50_000, upKbps: 10_000 };
  expect(planOf({ vendor: "mikrotik", from: throttle, to: {}, plan })).toMatchObject({ takesAway: true });
});
