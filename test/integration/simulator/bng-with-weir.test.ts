import { afterAll, beforeAll, expect, test } from "vitest";
import { freePort } from "../../../bench/free-port.ts";
import { type Bng, startBng } from "../../../src/simulator/bng.ts";
import type { BngEvent } from "../../../src/simulator/bng-event.ts";
import { bngOptions } from "../../../src/simulator/bng-options.ts";
import { passwordOf, usernameOf } from "../../../src/simulator/subscriber-names.ts";
import { startWeir, type WeirUnderTest } from "../../support/weir-server.ts";
import { shippedDictionary } from "../../support/wire.ts";
import { until } from "./until.ts";

const SECRET = "testing123";
const LINES = 12;
let weir: WeirUnderTest;
let bng: Bng;
const events: BngEvent[] = [];

beforeAll(async () => {
  weir = await startWeir();
  const coaPort = await freePort();
  await weir.call("PUT", "/v1/nas/bng1", { address: "127.0.0.1", secret: SECRET, vendor: "generic", coaPort });
  for (let line = 0; line < LINES; line += 1) {
    await weir.call("PUT", `/v1/subscribers/c${line}`, {
      usernames: [usernameOf(line)],
      credential: { password: passwordOf(line) },
      plan: { downKbps: 100_000, upKbps: 20_000 },
    });
  }
  bng = await startBng(
    bngOptions({
      dictionary: shippedDictionary,
      server: { address: "127.0.0.1", authPort: weir.authPort, acctPort: weir.acctPort },
      secret: SECRET,
      coaPort,
      lines: LINES,
      loginAgainMs: 50,
      backoffMs: 50,
      tell: (event) => events.push(event),
    }),
  );
  await until(() => bng.sessionCount() === LINES);
});

afterAll(async () => {
  await bng?.stop();
  await weir?.stop();
});

const sessionsOf = async (subscriber: string, state = "open") =>
  (await weir.call("GET", `/v1/sessions?state=${state}&subscriber=${subscriber}`))["items"] as {
    acctSessionId: string;
    ipv4: string;
    ipv6: string[];
    terminateCause: string | null;
    profile: { state: string; observed: Record<string, string[]> | null };
  }[];

test("each line logs in with its password and has an open session under its own names", async () => {
  await until(async () => (await sessionsOf("c11")).length === 1);
  const [session] = await sessionsOf("c11");
  expect(session).toMatchObject({
    acctSessionId: "S000000000b",
    ipv4: "100.64.0.11",
    ipv6: ["2001:db8:0:b00::/56"],
  });
});

test("the plan of the Access-Accept is in force", () => {
  expect(bng.line(3)?.inForce.rates).toEqual({ downKbps: 100_000, upKbps: 20_000 });
});

test("a throttle and its lifting show on the line and in its next Interim", async () => {
  await weir.call("PUT", "/v1/subscribers/c4/measures/throttle?waitMs=5000", {
    reason: "test",
    params: { downKbps: 1000, upKbps: 256 },
  });
  expect(bng.line(4)?.inForce.rates).toEqual({ downKbps: 1000, upKbps: 256 });
  expect(await bng.report(4)).toBe(true);
  const [throttled] = await sessionsOf("c4");
  expect(throttled?.profile).toMatchObject({
    state: "in-force",
    observed: { "WISPr-Bandwidth-Max-Down": ["1000000"], "WISPr-Bandwidth-Max-Up": ["256000"] },
  });
  await weir.call("DELETE", "/v1/subscribers/c4/measures/throttle?waitMs=5000");
  expect(bng.line(4)?.inForce.rates).toEqual({ downKbps: 100_000, upKbps: 20_000 });
});

test("a suspended subscriber is disconnected, tries again by itself, and gets in once it is lifted", async () => {
  await weir.call("PUT", "/v1/subscribers/c5/measures/suspend?waitMs=5000", { reason: "test" });
  await until(() => events.some((event) => event.kind === "login" && event.line === 5 && event.result === "rejected"));
  expect(bng.line(5)?.session).toBeUndefined();
  await weir.call("DELETE", "/v1/subscribers/c5/measures/suspend?waitMs=5000");
  await until(() => bng.line(5)?.status === "up");
  expect(bng.line(5)?.session).toBe("S0000000005-2");
  await until(async () => (await sessionsOf("c5", "closed"))[0]?.terminateCause === "Admin-Reset");
});

test("a reboot closes every session in Weir and opens them anew", async () => {
  await bng.reboot(true);
  await until(() => bng.sessionCount() === LINES);
  await until(async () => (await sessionsOf("c7")).length === 1);
  expect(await sessionsOf("c7", "closed")).toMatchObject([{ acctSessionId: "S0000000007" }]);
});
