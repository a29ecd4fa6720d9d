import { expect, test } from "vitest";
import { checkVendor } from "../../../src/api/nas-vendors.ts";
import { supportedMeasure } from "../../../src/coa/overlay.ts";
import { vendorNames } from "../../../src/coa/vendors/vendors.ts";
import { nasOf } from "../coa/vendor-requests.ts";

const spoken = { names: vendorNames, defaultCoaPort: () => 3799 };

const promised =
  "generic cisco-ios-xe cisco-ios-xr juniper nokia huawei ericsson mikrotik accel-ppp rtbrick coova-chilli hostapd";

test.each(promised.split(" "))("a NAS of vendor %s is taken, and its sessions can be ended", (vendor) => {
  expect(() => checkVendor(vendor, spoken)).not.toThrow();
  expect(supportedMeasure(nasOf({ vendor }), { kind: "suspend", params: {} })).toBeUndefined();
});

test("what a vendor's equipment reads is never guessed: without a translation of the operator's own it is refused", () => {
  const throttle = { kind: "throttle", params: { downKbps: 1000, upKbps: 256 } } as const;
  const nas = nasOf({ vendor: "huawei" });
  expect(supportedMeasure(nas, throttle)?.detail).toContain("huawei");
  const own = [{ name: "Huawei-Qos-Profile-Name", value: "slow" }];
  expect(supportedMeasure({ ...nas, profiles: { throttle: own } }, throttle)).toBeUndefined();
});

test("a vendor that nobody knows is refused", () => {
  expect(() => checkVendor("acme", spoken)).toThrow(expect.objectContaining({ code: "unknown-vendor" }));
});
