import { afterAll, afterEach, beforeAll, expect, test } from "vitest";
import { type Bng, startBng } from "../../../src/simulator/bng.ts";
import { bngOptions } from "../../../src/simulator/bng-options.ts";
import { noFaults } from "../../../src/simulator/faults.ts";
import { personalityOf } from "../../../src/simulator/personalities/personalities.ts";
import { passwordOf, usernameOf } from "../../../src/simulator/subscriber-names.ts";
import { freePort } from "../../support/free-port.ts";
import { startWeir, type WeirUnderTest } from "../../support/weir-server.ts";
import { shippedDictionary } from "../../support/wire.ts";
import { until } from "./until.ts";

const SECRET = "testing123";
let weir: WeirUnderTest;
let bng: Bng | undefined;
let nextLine = 0;

beforeAll(async () => {
  weir = await startWeir();
});
afterEach(async () => {
  await bng?.stop();
  bng = undefined;
});
afterAll(async () => {
  await weir?.stop();
});

interface Bench {
  readonly line: number;
  readonly bng: Bng;
  order(kind: string, params?: object): Promise<Record<string, unknown>>;
  lift(kind: string): Promise<Record<string, unknown>>;
  /** After an Interim. */
  standing(): Promise<string>;
}

/** A BNG of a vendor with one subscriber online; the NAS in Weir becomes of that vendor. */
async function online(vendor: string, profiles: object = {}, faults = noFaults): Promise<Bench> {
  const line = nextLine++;
  const coaPort = await freePort();
  const nas = { address: "127.0.0.1", secret: SECRET, vendor, coaPort, profiles, coa: { timeoutMs: 50, retries: 8 } };
  await weir.call("PUT", "/v1/nas/bng1", nas);
  await weir.call("PUT", `/v1/subscribers/c${line}`, {
    usernames: [usernameOf(line)],
    credential: { password: passwordOf(line) },
    plan: { downKbps: 100_000, upKbps: 20_000 },
  });
  const options = bngOptions({
    dictionary: shippedDictionary,
    personality: personalityOf(vendor)!,
    server: { address: "127.0.0.1", authPort: weir.authPort, acctPort: weir.acctPort },
    secret: SECRET,
    coaPort,
    lines: 1,
    firstLine: line,
    loginAgainMs: 30,
    backoffMs: 50,
    timeoutMs: 50,
    tries: 9,
    faults,
  });
  const started = await startBng(options);
  bng = started;
  const sessions = async () =>
    (await weir.call("GET", `/v1/sessions?state=open&subscriber=c${line}`))["items"] as {
      profile: { state: string };
    }[];
  await until(async () => (await sessions()).length === 1);
  const measure = (kind: string) => `/v1/subscribers/c${line}/measures/${kind}?waitMs=10000`;
  return {
    line,
    bng: started,
    order: (kind, params) => weir.call("PUT", measure(kind), { reason: "test", ...(params && { params }) }),
    lift: (kind) => weir.call("DELETE", measure(kind)),
    standing: async () => {
      await until(() => started.report(line));
      return (await sessions())[0]?.profile.state ?? "no session";
    },
  };
}

const slow = { downKbps: 1000, upKbps: 256 };
const none: Readonly<Record<string, object>> = { mikrotik: { none: { "Mikrotik-Address-List": "residential" } } };

test.each(["generic", "juniper", "mikrotik", "cisco-ios-xe", "accel-ppp"])(
  "%s: a throttle is in force on the line, in accounting, in the next login, and is lifted",
  async (vendor) => {
    const { bng, line, order, lift, standing } = await online(vendor, none[vendor]);
    const before = bng.line(line)?.inForce;
    expect(await order("throttle", slow)).toMatchObject({ state: "in-force" });
    expect(bng.line(line)?.inForce.rates).toEqual(slow);
    expect(await standing()).toBe("in-force");
    await bng.logout(line);
    await bng.login(line);
    expect(bng.line(line)?.inForce.rates).toEqual(slow);
    expect(await standing()).toBe("in-force");
    expect(await lift("throttle")).toMatchObject({ state: "lifted" });
    await until(() => bng.line(line)?.status === "up");
    expect(bng.line(line)?.inForce).toEqual(before);
    expect(await standing()).toBe("in-force");
  },
);

test.each(["generic", "juniper", "mikrotik", "cisco-ios-xe"])(
  "%s: a garden is in force and is lifted",
  async (vendor) => {
    const { bng, line, order, lift, standing } = await online(vendor, none[vendor]);
    const before = bng.line(line)?.inForce;
    await order("walled-garden");
    expect(bng.line(line)?.inForce.garden).toMatch(/garden/i);
    expect(await standing()).toBe("in-force");
    await lift("walled-garden");
    await until(() => bng.line(line)?.status === "up");
    expect(bng.line(line)?.inForce).toEqual(before);
    expect(await standing()).toBe("in-force");
  },
);

test("hostapd: a suspension disconnects, though it takes nothing but a few session keys", async () => {
  const { bng, line, order } = await online("hostapd");
  expect(await order("suspend")).toMatchObject({ state: "in-force" });
  expect(bng.line(line)?.session).toBeUndefined();
  expect(bng.counts().coa).toMatchObject({ acknowledged: 1, refused: 0 });
});

test("over a network that loses and duplicates, a change is made once", async () => {
  const { bng, line, order } = await online("generic", {}, { ...noFaults, losePercent: 15, duplicatePercent: 20 });
  expect(await order("throttle", slow)).toMatchObject({ state: "in-force" });
  expect(bng.line(line)?.inForce.rates).toEqual(slow);
  expect(bng.counts().coa.acknowledged).toBe(1);
});
