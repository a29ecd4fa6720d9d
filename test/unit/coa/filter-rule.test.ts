import { expect, test } from "vitest";
import { ipFilterRules, smtpRule } from "../../../src/coa/filter-rule.ts";

test("what two measures forbid is forbidden once", () => {
  const blocked = { protocol: "any", port: 25, direction: "out" } as const;
  expect(ipFilterRules([smtpRule, blocked])).toEqual([
    "deny in tcp from any to any 25",
    "deny in udp from any to any 25",
    "permit in ip from any to any",
    "permit out ip from any to any",
  ]);
});
