import { expect, test } from "vitest";
import { MessageAuthenticatorRule } from "../../../src/listener/message-authenticator-rule.ts";
import type { Nas } from "../../../src/nas/nas.ts";

const nas: Nas = {
  id: "bng1",
  address: "192.0.2.1",
  secret: Buffer.from("testing123"),
  vendor: "generic",
  requireMessageAuthenticator: "auto",
  coa: {},
  profiles: {},
  messageAuthenticatorSeen: false,
  createdAt: new Date(0),
  updatedAt: new Date(0),
};

test("once seen it is required, also while that cannot be stored; each further one tries again until it is", async () => {
  const outcomes = [Promise.reject(new Error("no database")), Promise.resolve()];
  for (const outcome of outcomes) outcome.catch(() => undefined);
  const marked: string[] = [];
  const errors: unknown[] = [];
  const rule = new MessageAuthenticatorRule({
    markSeen: async (id) => {
      marked.push(id);
      await outcomes[marked.length - 1];
    },
    onError: (error) => errors.push(error),
  });
  expect(rule.isRequired(nas)).toBe(false);
  rule.saw(nas);
  await expect.poll(() => errors.length).toBe(1);
  expect(rule.isRequired(nas)).toBe(true);
  rule.saw(nas);
  rule.saw(nas);
  expect(marked).toEqual(["bng1", "bng1"]);
  expect(rule.isRequired({ ...nas, updatedAt: new Date(1) })).toBe(false);
  expect(rule.isRequired({ ...nas, requireMessageAuthenticator: "off" })).toBe(false);
});
