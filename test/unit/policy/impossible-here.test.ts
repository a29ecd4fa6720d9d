import { expect, test } from "vitest";
import { impossibleHere } from "../../../src/policy/impossible-here.ts";

test("where upstream servers check passwords, regenerating one is nothing that a playbook may do", () => {
  expect([...impossibleHere({ isUpstreamAuthenticating: true })]).toEqual(["regenerate-password"]);
  expect([...impossibleHere({ isUpstreamAuthenticating: false })]).toEqual([]);
});
