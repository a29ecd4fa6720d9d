import { expect, test } from "vitest";
import { withFreeTags } from "../../../src/authorization/free-tags.ts";
import { encodeAttributes } from "../../../src/radius/encode-attributes.ts";
import { shippedDictionary as dictionary } from "../../support/wire.ts";

const secrets = { secret: Buffer.from("s"), authenticator: Buffer.alloc(16) };
const activate = (tag: number, value: string) => ({ name: "ERX-Service-Activate", tag, value });
const given = encodeAttributes(dictionary, [activate(1, "internet-100m"), activate(2, "voip")], secrets);

test("a service comes beside those that the Accept gives, under a tag of its own", () => {
  expect(withFreeTags(dictionary, [activate(1, "weir-garden"), activate(2, "weir-slow")], given)).toEqual([
    activate(3, "weir-garden"),
    activate(4, "weir-slow"),
  ]);
});

test("a service that is given already is not given twice", () => {
  expect(withFreeTags(dictionary, [activate(1, "voip")], given)).toEqual([]);
});

test("without others the tags begin with 1, and an attribute without tag stays so", () => {
  const account = { name: "Cisco-Account-Info", value: "AWEIR-GARDEN" };
  expect(withFreeTags(dictionary, [activate(1, "weir-garden"), account], [])).toEqual([
    activate(1, "weir-garden"),
    account,
  ]);
});
