import { expect, test } from "vitest";
import { packetTypeOf, packetTypes } from "../../../src/commands/radclient/packet-type.ts";
import { planRequests } from "../../../src/commands/radclient/plan-requests.ts";
import { readPackets } from "../../../src/commands/radclient/read-packets.ts";
import { Code } from "../../../src/radius/code.ts";

const auto = { file: "-", type: "auto", port: undefined } as const;
const planned = (text: string, planning: Partial<Parameters<typeof planRequests>[2]> = {}, filters?: string) =>
  planRequests(readPackets(text), filters === undefined ? undefined : readPackets(filters), { ...auto, ...planning });

test.each([
  ["Packet-Type = CoA-Request, Acct-Session-Id = x", undefined, Code.CoaRequest],
  ["Acct-Session-Id = x", 3799, Code.CoaRequest],
  ["Acct-Status-Type = Start", undefined, Code.AccountingRequest],
  ["User-Name = a, CHAP-Password = b", undefined, Code.AccessRequest],
])("auto: %s to port %s is a packet of code %i", (text, port, code) => {
  expect(planned(text, { port })).toMatchObject([{ code }]);
});

test("auto says the line of what it cannot guess", () => {
  expect(() => planned("\nUser-Name = a")).toThrow("line 2: say what kind of packet it is");
});

test("a kind is a word or a packet's code", () => {
  expect(packetTypeOf("status")).toBe(packetTypes.status);
  expect(packetTypeOf("12")).toBe(packetTypes.status);
  expect(packetTypeOf("13")).toEqual({ code: 13, defaultPort: 1812 });
  for (const word of ["walk", "0", "256", "-1", "toString"]) expect(packetTypeOf(word), word).toBeUndefined();
});

test("one packet may go elsewhere; where to is no attribute of it", () => {
  const [request] = planned("User-Name = a, Packet-Dst-IP-Address = 192.0.2.1, Packet-Dst-Port = 1645", {
    type: packetTypes.auth,
  });
  expect(request).toMatchObject({ address: "192.0.2.1", port: 1645 });
  expect(request?.attributes.map(({ name }) => name)).toEqual(["User-Name"]);
  expect(() => planned("Packet-Dst-IP-Address = nowhere", { type: packetTypes.auth })).toThrow("not an IP address");
});

test("Status-Server needs no packet; each packet has its filter, and none is left over", () => {
  expect(planned("", { type: packetTypes.status })).toMatchObject([{ code: Code.StatusServer, attributes: [] }]);
  expect(planned("", { type: packetTypes.auth })).toEqual([]);
  const two = "User-Name = a\n\nUser-Name = b\n";
  expect(planned(two, { type: packetTypes.auth }, "A == 1\n\nB == 2\n").map(({ filter }) => filter?.[0]?.name)).toEqual(
    ["A", "B"],
  );
  expect(() => planned(two, { type: packetTypes.auth }, "A == 1\n")).toThrow("2 packets, and 1 filters");
});
