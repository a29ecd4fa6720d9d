import { isDeepStrictEqual } from "node:util";
import { afterAll, afterEach, beforeAll, describe, expect, test } from "vitest";
import { noFaults } from "../../../src/simulator/faults.ts";
import { startWeir, type WeirUnderTest } from "../../support/weir-server.ts";
import { until } from "./until.ts";
import { createVendorBench, type VendorBench } from "./vendor-bench.ts";

let weir: WeirUnderTest;
let bench: VendorBench;
beforeAll(async () => {
  weir = await startWeir();
  bench = createVendorBench(weir);
});
afterEach(() => bench.clear());
afterAll(() => weir?.stop());

const plan = { downKbps: 100_000, upKbps: 20_000 };
const slow = { downKbps: 1000, upKbps: 256 };
const vendors = ["generic", "juniper", "mikrotik", "cisco-ios-xe", "accel-ppp"];
/** accel-ppp has no word for a garden of its own. */
const gardeners = vendors.filter((vendor) => vendor !== "accel-ppp");

test.each(vendors)(
  "%s: a throttle is in force on the line, in accounting, in the next login, and is lifted",
  async (vendor) => {
    const line = await bench.online({ vendor, plan });
    const before = line.inForce();
    expect(await line.order("throttle", slow)).toMatchObject({ state: "in-force" });
    expect(line.asked()).toEqual(["coa"]);
    expect(line.inForce().rates).toEqual(slow);
    expect(await line.standing()).toBe("in-force");
    expect(await line.loginAgain()).toBe("accepted");
    expect(line.inForce().rates).toEqual(slow);
    expect(await line.standing()).toBe("in-force");
    expect(await line.lift("throttle")).toMatchObject({ state: "lifted" });
    expect(line.asked()).toEqual(["coa"]);
    expect(line.inForce()).toEqual(before);
    expect(await line.standing()).toBe("in-force");
  },
);

test.each(gardeners)(
  "%s: a garden is in force on the line, in accounting, in the next login, and is lifted",
  async (vendor) => {
    const line = await bench.online({ vendor, plan });
    const before = line.inForce();
    expect(await line.order("walled-garden")).toMatchObject({ state: "in-force" });
    expect(line.asked()).toEqual(["coa"]);
    expect(line.inForce().garden).toMatch(/garden/i);
    expect(await line.standing()).toBe("in-force");
    expect(await line.loginAgain()).toBe("accepted");
    expect(line.inForce().garden).toMatch(/garden/i);
    expect(await line.standing()).toBe("in-force");
    expect(await line.lift("walled-garden")).toMatchObject({ state: "lifted" });
    await until(() => line.isUp() && isDeepStrictEqual(line.inForce(), before));
    expect(await line.standing()).toBe("in-force");
  },
);

test.each(vendors)("%s: a suspension ends the session, rejects the next login, and is lifted", async (vendor) => {
  const line = await bench.online({ vendor, plan });
  const before = line.inForce();
  expect(await line.order("suspend")).toMatchObject({ state: "in-force" });
  expect(line.asked()).toEqual(["disconnect"]);
  await until(() => line.bng.line(line.line)?.session === undefined);
  expect(await line.loginAgain()).toMatch(/^rejected: Your internet service is suspended.*call our helpdesk/);
  expect(line.isUp()).toBe(false);
  expect(await line.lift("suspend")).toMatchObject({ state: "lifted" });
  expect(await line.loginAgain()).toBe("accepted");
  expect(line.inForce()).toEqual(before);
  expect(await line.standing()).toBe("in-force");
  expect(line.asked()).toEqual([]);
});

describe("accel-ppp and a garden", () => {
  test("without the operator's own words it is refused, nothing is written, and nothing goes to the BNG", async () => {
    const line = await bench.online({ vendor: "accel-ppp", plan });
    await expect(line.order("walled-garden")).rejects.toThrow(/422 .*unsupported-by-vendor/);
    const params = { when: "next-auth", answer: "walled-garden" };
    await expect(line.order("regenerate-password", params)).rejects.toThrow(/422 .*unsupported-by-vendor/);
    expect(await weir.call("GET", `/v1/subscribers/c${line.line}`)).toMatchObject({ measures: [] });
    expect(await weir.call("GET", `/v1/enforcements?subscriber=c${line.line}`)).toMatchObject({ items: [] });
    // Whatever was on its way would have come before this.
    expect(await line.order("throttle", slow)).toMatchObject({ state: "in-force" });
    expect(line.bng.counts().coa).toMatchObject({ received: 1, acknowledged: 1 });
  });

  test("with them it is in force, in the next login, and lifted", async () => {
    const profiles = { "walled-garden": { "Filter-Id": "64/32" } };
    const line = await bench.online({ vendor: "accel-ppp", plan, profiles });
    const before = line.inForce();
    expect(await line.order("walled-garden")).toMatchObject({ state: "in-force" });
    expect(line.inForce().rates).toEqual({ downKbps: 64, upKbps: 32 });
    expect(await line.loginAgain()).toBe("accepted");
    expect(line.inForce().rates).toEqual({ downKbps: 64, upKbps: 32 });
    expect(await line.standing()).toBe("in-force");
    expect(await line.lift("walled-garden")).toMatchObject({ state: "lifted" });
    expect(line.inForce()).toEqual(before);
    expect(line.asked()).toEqual(["coa", "coa"]);
  });
});

test("hostapd: a suspension disconnects, though it takes nothing but a few session keys", async () => {
  const line = await bench.online({ vendor: "hostapd", plan });
  expect(await line.order("suspend")).toMatchObject({ state: "in-force" });
  expect(line.bng.line(line.line)?.session).toBeUndefined();
  expect(line.bng.counts().coa).toMatchObject({ acknowledged: 1, refused: 0 });
});

test("over a network that loses and duplicates, a change is made once", async () => {
  const faults = { ...noFaults, losePercent: 15, duplicatePercent: 20 };
  const line = await bench.online({ vendor: "generic", plan, faults });
  expect(await line.order("throttle", slow)).toMatchObject({ state: "in-force" });
  expect(line.inForce().rates).toEqual(slow);
  expect(line.bng.counts().coa.acknowledged).toBe(1);
});
