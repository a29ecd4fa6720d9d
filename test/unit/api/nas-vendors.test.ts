import { expect, test } from "vitest";
import { checkVendor } from "../../../src/api/nas-vendors.ts";

const spoken = { names: ["generic", "mikrotik"], defaultCoaPort: () => 3799 };

test("a vendor that is spoken to is taken", () => {
  expect(() => checkVendor("mikrotik", spoken)).not.toThrow();
});

test("a promised vendor that is not spoken to yet is another answer than one that nobody knows", () => {
  expect(() => checkVendor("huawei", spoken)).toThrow(expect.objectContaining({ code: "vendor-not-available" }));
  expect(() => checkVendor("acme", spoken)).toThrow(expect.objectContaining({ code: "unknown-vendor" }));
});
