import { describe, expect, test } from "vitest";
import { supportedMeasure } from "../../../src/coa/overlay.ts";
import { requestAttributes } from "../../../src/coa/request-attributes.ts";
import { vendorNames, vendorOf } from "../../../src/coa/vendors/vendors.ts";
import type { MeasureDetail } from "../../../src/enforcement/measure.ts";
import { shippedDictionary } from "../../support/wire.ts";
import { goldenChanges } from "./golden-changes.ts";
import { nasOf, planOf, requestsFor, sessionWith } from "./vendor-requests.ts";

describe.each([...Map.groupBy(goldenChanges, ({ vendor }) => vendor)])("%s, octet for octet", (_, changes) => {
  test.each(changes)("$name", ({ packets, ...change }) => {
    expect(requestsFor(change)).toEqual(packets);
  });
});

test("a Disconnect-Request holds nothing but session keys and the time, whatever the vendor", () => {
  const disconnects = goldenChanges.flatMap(({ packets }) => packets.filter(({ code }) => code === 40));
  expect(disconnects.length).toBeGreaterThan(5);
  const key = /^(Acct-Session-Id|User-Name|Framed-IP-Address|NAS-IP-Address|NAS-Identifier|Event-Timestamp) = /;
  for (const { attributes } of disconnects) for (const line of attributes) expect(line).toMatch(key);
});

test("a Disconnect-Request leaves out what a step would change (RFC 5176 section 2.1)", () => {
  const step = { kind: "disconnect", attributes: [{ name: "Filter-Id", value: "walled-garden" }] } as const;
  const request = { nas: nasOf({ vendor: "juniper" }), session: sessionWith(), step, now: new Date(0) };
  expect(requestAttributes(shippedDictionary, request).map(({ type }) => type)).toEqual([44, 55]);
});

const garden: MeasureDetail = { kind: "walled-garden", params: {} };
const throttle: MeasureDetail = { kind: "throttle", params: { downKbps: 1000, upKbps: 256 } };
const smtp: MeasureDetail = { kind: "restrict-smtp", params: {} };
const blocked: MeasureDetail = {
  kind: "block-ports",
  params: { rules: [{ protocol: "tcp", port: 445, direction: "out" }] },
};
const regenerate = (answer: "reject" | "walled-garden"): MeasureDetail => ({
  kind: "regenerate-password",
  params: { when: "next-auth", answer },
});

test.each<[string, MeasureDetail]>([
  ["juniper", smtp],
  ["juniper", blocked],
  ["mikrotik", smtp],
  ["cisco-ios-xe", blocked],
  ["accel-ppp", garden],
  ["accel-ppp", smtp],
  ["accel-ppp", regenerate("walled-garden")],
  ["hostapd", throttle],
  ["hostapd", garden],
])("%s cannot express $kind, and says which one", (vendor, detail) => {
  const kind = detail.kind === "regenerate-password" ? "walled-garden" : detail.kind;
  expect(supportedMeasure(nasOf({ vendor }), detail)?.detail).toContain(`${vendor} has no way to express ${kind}`);
});

test.each<[string, MeasureDetail]>([
  ["hostapd", { kind: "suspend", params: {} }],
  ["hostapd", { kind: "terminate", params: {} }],
  ["accel-ppp", regenerate("reject")],
  ["accel-ppp", throttle],
])("%s can do $kind", (vendor, detail) => {
  expect(supportedMeasure(nasOf({ vendor }), detail)).toBeUndefined();
});

test("each vendor listens where its own documents say", () => {
  const cisco = vendorNames.filter((name) => vendorOf(name).coaPort === 1700);
  expect(cisco).toEqual(["cisco-ios-xe", "cisco-ios-xr"]);
  expect(new Set(vendorNames.map((name) => vendorOf(name).coaPort))).toEqual(new Set([3799, 1700]));
});

test("an operator's own translation makes possible what the vendor cannot", () => {
  const profiles = { "walled-garden": [{ name: "Filter-Id", value: "l4-redirect" }] };
  expect(supportedMeasure({ ...nasOf({ vendor: "accel-ppp" }), profiles }, garden)).toBeUndefined();
});

test("what cannot be expressed is no plan, whatever runs now", () => {
  expect(planOf({ vendor: "mikrotik", from: { isWalledGarden: true }, to: { isSmtpRestricted: true } })).toMatchObject({
    kind: "unsupported",
    measure: "restrict-smtp",
  });
});

test("one of two restored slots is not enough: a Disconnect, so that the next login starts clean", () => {
  const plan = planOf({
    vendor: "generic",
    from: { throttle: { downKbps: 1, upKbps: 1 } },
    to: {},
    granted: [{ name: "WISPr-Bandwidth-Max-Down", value: 9000 }],
  });
  expect(plan).toMatchObject({ kind: "steps", steps: [{ kind: "disconnect", attributes: [] }] });
});
