import { describe, expect, test } from "vitest";
import { consoleLine } from "../../../src/commands/bng-console/console-line.ts";
import { failureText } from "../../../src/commands/failure-text.ts";
import { packetText } from "../../../src/commands/radclient/packet-text.ts";
import { rejectedRows } from "../../../src/commands/rejected-rows.ts";
import { textTable } from "../../../src/commands/text-table.ts";
import { visibleJson } from "../../../src/commands/visible-json.ts";
import { visibleText } from "../../../src/commands/visible-text.ts";
import { loadDictionary } from "../../../src/dictionary/load-dictionary.ts";
import { Code } from "../../../src/radius/code.ts";
import { encodeRequest } from "../../../src/radius/encode-packet.ts";

/** Clears the screen, rings, adds a line, colours by C1's CSI, and turns the direction of writing. */
const evil = "anna\u001b[2J\u0007\r\nverdict  exact\u009b31m\u202efdp.exe\u2028\u0000\u007f\u2066\u{e0041}";
// biome-ignore lint/suspicious/noControlCharactersInRegex: they are what is looked for
const seenByTerminal = /[\x00-\x09\x0b-\x1f\x7f-\x9f\u2028\u2029\u202a-\u202e\u2066-\u2069\u{e0000}-\u{e007f}]/u;

test("what a terminal would obey is written out, everything else stays", () => {
  expect(visibleText(evil)).toBe(
    "anna\\x1b[2J\\x07\\r\\nverdict  exact\\x9b31m\\u202efdp.exe\\u2028\\x00\\x7f\\u2066\\u{e0041}",
  );
  const harmless = "Ümit Özil <ümit@isp.example> 日本 می\u200cخواهم 👩\u200d💻 \\x1b";
  expect(visibleText(harmless)).toBe(harmless);
  expect(visibleText("\ud800")).toBe("\\ud800");
});

describe("a name that would write on the screen is one harmless line", () => {
  test("in a table, whose columns stay in line", () => {
    expect(
      textTable([
        ["a\tb", "x"],
        ["anna", "y"],
      ]),
    ).toBe("a\\tb  x\nanna  y\n");
    const table = textTable([["subscriber", evil]]);
    expect(table).not.toMatch(seenByTerminal);
    expect(table.split("\n")).toHaveLength(2);
    expect(rejectedRows([{ row: 1, code: "username-taken", detail: evil }]).split("\n")).toHaveLength(2);
  });

  test("in JSON, which says the same", () => {
    for (const indent of [undefined, 2]) {
      const json = visibleJson({ [evil]: [evil, "Özil"] }, indent);
      expect(json).not.toMatch(seenByTerminal);
      expect(JSON.parse(json)).toEqual({ [evil]: [evil, "Özil"] });
    }
  });

  test("in an error and in a line of the simulated BNG", () => {
    const line = consoleLine({ event: "login", who: evil, what: evil }, new Date(0));
    for (const text of [failureText(new Error(evil)), line.slice(0, -1)]) {
      expect(text).not.toMatch(seenByTerminal);
      expect(text).not.toContain("\n");
    }
  });

  test("in a packet that radclient prints", async () => {
    const octets = encodeRequest({
      code: Code.AccessRequest,
      identifier: 1,
      secret: Buffer.from("secret"),
      authenticator: Buffer.alloc(16),
      messageAuthenticator: false,
      attributes: [{ type: 1, value: Buffer.from(evil.replace("\0", "")) }],
    });
    const packet = { octets, verb: "Received", from: "a", to: "b", authenticator: Buffer.alloc(16) } as const;
    const showing = { dictionary: await loadDictionary(), secret: Buffer.from("secret"), detail: 1 };
    const [, attribute = "", ...more] = packetText(packet, showing).split("\n");
    expect(attribute).toContain('User-Name = "anna\\x1b[2J\\x07\\r\\nverdict  exact\\x9b31m\\u202efdp.exe');
    expect(attribute.slice(1)).not.toMatch(seenByTerminal);
    expect(more).toEqual([""]);
  });
});
