import { expect, test } from "vitest";
import { mayUse, type Right, type Role, roles } from "../../../src/api/rights.ts";

/** Said a second time, by hand, so that a right is never given by a slip of one list. */
const expected: readonly (readonly [Right, readonly Role[]])[] = [
  ["open", ["viewer", "operator", "helpdesk", "ingest", "admin"]],
  ["nas:read", ["viewer", "operator", "admin"]],
  ["nas:write", ["operator", "admin"]],
  ["subscribers:read", ["viewer", "operator", "helpdesk", "admin"]],
  ["subscribers:write", ["operator", "admin"]],
  ["sessions:read", ["viewer", "operator", "helpdesk", "admin"]],
  ["attribution:read", ["viewer", "operator", "admin"]],
  ["sources:read", ["viewer", "operator", "admin"]],
  ["sources:write", ["operator", "admin"]],
  ["reports:send", ["operator", "ingest", "admin"]],
  ["reports:read", ["viewer", "operator", "ingest", "admin"]],
  ["observations:read", ["viewer", "operator", "helpdesk", "admin"]],
  ["cases:read", ["viewer", "operator", "helpdesk", "admin"]],
  ["cases:help", ["operator", "helpdesk", "admin"]],
  ["cases:act", ["operator", "admin"]],
  ["measures:read", ["viewer", "operator", "helpdesk", "admin"]],
  ["measures:order", ["operator", "admin"]],
  ["measures:decide", ["operator", "admin"]],
  ["password:tell", ["helpdesk", "admin"]],
  ["jobs:read", ["viewer", "operator", "admin"]],
  ["jobs:run", ["operator", "admin"]],
  ["breakers:read", ["viewer", "operator", "admin"]],
  ["breakers:reset", ["operator", "admin"]],
  ["breakers:limit", ["admin"]],
  ["release-all", ["admin"]],
  ["audit:read", ["operator", "admin"]],
  ["events:read", ["viewer", "operator", "helpdesk", "admin"]],
  ["keys:manage", ["admin"]],
];

test.each(expected)("%s is for %j and nobody else", (right, allowed) => {
  expect(roles.filter((role) => mayUse(role, right))).toEqual(allowed);
});
