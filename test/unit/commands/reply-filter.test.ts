import { expect, test } from "vitest";
import { readPackets } from "../../../src/commands/radclient/read-packets.ts";
import { checkFilter, missedBy } from "../../../src/commands/radclient/reply-filter.ts";
import { Code } from "../../../src/radius/code.ts";
import { shippedDictionary } from "../../support/wire.ts";

const filter = (text: string) => readPackets(text)[0] ?? [];
const reply = {
  code: Code.AccessAccept,
  attributes: [
    { name: "Reply-Message", value: "welcome home" },
    { name: "Service-Type", value: 2 },
  ],
};

test.each([
  ["Response-Packet-Type == Access-Accept", true],
  ["Response-Packet-Type == Access-Reject", false],
  ["Response-Packet-Type != Access-Reject", true],
  ['Reply-Message == "welcome home"', true],
  ["Service-Type == Framed-User", true],
  ["Service-Type != Framed-User", false],
  ["Reply-Message =~ ^welcome", true],
  ["Reply-Message !~ secret", true],
  ["Class !~ secret", false],
  ["Reply-Message =* any", true],
  ["Class !* any", true],
  ["Class =* any", false],
])("%s: %s", (text, holds) => {
  expect(missedBy(shippedDictionary, filter(text), reply)).toEqual(holds ? [] : [text]);
});

test.each([
  ["Reply-Message =~ (", "line 1: Invalid regular expression"],
  ["No-Such-Attribute == 1", "line 1: there is no attribute"],
  ["Response-Packet-Type == Nonsense", 'line 1: "Nonsense" is no kind of packet'],
])("%s has no meaning, and its line is named", (text, told) => {
  expect(() => checkFilter(shippedDictionary, filter(text))).toThrow(told);
});
