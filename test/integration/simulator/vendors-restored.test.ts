import { isDeepStrictEqual } from "node:util";
import { afterAll, afterEach, beforeAll, describe, expect, test } from "vitest";
import { type FakeUpstream, startFakeUpstream } from "../../support/fake-upstream.ts";
import { startWeir, type WeirUnderTest } from "../../support/weir-server.ts";
import { accept, secret } from "../authorization/upstream-harness.ts";
import { until } from "./until.ts";
import { createVendorBench, type VendorBench } from "./vendor-bench.ts";

const plan = { downKbps: 100_000, upKbps: 20_000 };
const slow = { downKbps: 1000, upKbps: 256 };

/** What an unrestricted session gets, in each vendor's own attributes: radclient's lines, and a NAS's `profiles.none`. */
const open: Readonly<Record<string, { readonly granted: readonly string[]; readonly none: object }>> = {
  generic: {
    granted: [
      ...["WISPr-Bandwidth-Max-Down = 50000000", "WISPr-Bandwidth-Max-Up = 10000000"],
      ...["Filter-Id = gold", "Session-Timeout = 86400"],
    ],
    none: { "WISPr-Bandwidth-Max-Down": 9_000_000, "WISPr-Bandwidth-Max-Up": 900_000, "Filter-Id": "open" },
  },
  juniper: {
    granted: ['ERX-Service-Activate:1 = "internet(50m,10m)"', "ERX-Ingress-Policy-Name = gold"],
    none: { "ERX-Ingress-Policy-Name": "open" },
  },
  mikrotik: {
    granted: ["Mikrotik-Rate-Limit = 10M/50M", "Mikrotik-Address-List = gold"],
    none: { "Mikrotik-Rate-Limit": "900k/9M", "Mikrotik-Address-List": "open" },
  },
  "cisco-ios-xe": {
    granted: [
      ...['Cisco-AVPair = "ip:sub-qos-policy-out=gold-50m"', 'Cisco-AVPair = "ip:sub-qos-policy-in=gold-10m"'],
      'Cisco-Account-Info = "AINTERNET"',
    ],
    none: { "Cisco-AVPair": ["ip:sub-qos-policy-out=open-9m", "ip:sub-qos-policy-in=open-900k"] },
  },
  "accel-ppp": { granted: ["Filter-Id = 50000/10000"], none: { "Filter-Id": "9000/900" } },
};
const vendors = Object.keys(open);

/** By which request a measure is lifted: where something can be put back a CoA, else a Disconnect. */
interface Lifted {
  readonly kind: string;
  readonly params?: object;
  readonly by: "coa" | "disconnect";
}

async function orderAndLift(
  bench: VendorBench,
  options: Parameters<VendorBench["online"]>[0],
  { kind, params, by }: Lifted,
) {
  const line = await bench.online(options);
  const before = line.inForce();
  expect(await line.order(kind, params)).toMatchObject({ state: "in-force" });
  expect(line.inForce()).not.toEqual(before);
  expect(line.asked()).toEqual(["coa"]);
  expect(await line.lift(kind)).toMatchObject({ state: "lifted" });
  expect(line.asked()).toEqual([by]);
  await until(() => line.isUp() && isDeepStrictEqual(line.inForce(), before));
  expect(await line.standing()).toBe("in-force");
}

const throttle = (by: Lifted["by"]): Lifted => ({ kind: "throttle", params: slow, by });
const garden = (by: Lifted["by"]): Lifted => ({ kind: "walled-garden", by });

describe("behind an upstream, lifting puts back what its Access-Accept gave, whatever the plan and profiles.none say", () => {
  let weir: WeirUnderTest;
  let upstream: FakeUpstream;
  let bench: VendorBench;
  let vendorNow = "";
  beforeAll(async () => {
    upstream = await startFakeUpstream({
      secret,
      answer: (packet) => accept(...(open[vendorNow]?.granted ?? []))(packet),
    });
    const auth = [{ host: "127.0.0.1", port: upstream.port }];
    weir = await startWeir({ upstream: { auth, acct: [], secret: secret.toString(), messageAuthenticator: "auto" } });
    bench = createVendorBench(weir);
  });
  afterEach(() => bench.clear());
  afterAll(async () => {
    await weir?.stop();
    await upstream?.stop();
  });

  test.each(vendors)("%s: a throttle", async (vendor) => {
    vendorNow = vendor;
    await orderAndLift(bench, { vendor, plan, profiles: { none: open[vendor]?.none } }, throttle("coa"));
  });

  test.each(vendors.filter((vendor) => vendor !== "accel-ppp"))("%s: a garden", async (vendor) => {
    vendorNow = vendor;
    await orderAndLift(bench, { vendor, plan, profiles: { none: open[vendor]?.none } }, garden("coa"));
  });

  test.each(vendors)("%s: a suspension; the next login gets it again", async (vendor) => {
    vendorNow = vendor;
    const line = await bench.online({ vendor, plan });
    const before = line.inForce();
    await line.order("suspend");
    expect(line.asked()).toEqual(["disconnect"]);
    expect(await line.loginAgain()).toMatch(/^rejected: .*suspended/);
    await line.lift("suspend");
    expect(await line.loginAgain()).toBe("accepted");
    expect(line.inForce()).toEqual(before);
  });
});

describe("with local credentials", () => {
  let weir: WeirUnderTest;
  let bench: VendorBench;
  beforeAll(async () => {
    weir = await startWeir();
    bench = createVendorBench(weir);
  });
  afterEach(() => bench.clear());
  afterAll(() => weir?.stop());

  test.each(vendors)("%s: without a plan a throttle gives way to the NAS's profiles.none", async (vendor) => {
    await orderAndLift(bench, { vendor, profiles: { none: open[vendor]?.none } }, throttle("coa"));
  });

  test.each(["generic", "mikrotik"])("%s: a garden gives way to the NAS's profiles.none", async (vendor) => {
    await orderAndLift(bench, { vendor, plan, profiles: { none: open[vendor]?.none } }, garden("coa"));
  });

  // A service is switched off by its name; what is an attribute needs another one in its place.
  test.each<[string, Lifted["by"]]>([
    ["generic", "disconnect"],
    ["juniper", "coa"],
    ["mikrotik", "disconnect"],
    ["cisco-ios-xe", "disconnect"],
    ["accel-ppp", "disconnect"],
  ])("%s: with nothing to put in its place, a throttle is lifted by a %s", async (vendor, by) => {
    await orderAndLift(bench, { vendor }, throttle(by));
  });

  test.each<[string, Lifted["by"]]>([
    ["generic", "disconnect"],
    ["juniper", "coa"],
    ["mikrotik", "disconnect"],
    ["cisco-ios-xe", "coa"],
  ])("%s: with nothing to put in its place, a garden is lifted by a %s", async (vendor, by) => {
    await orderAndLift(bench, { vendor, plan }, garden(by));
  });
});
