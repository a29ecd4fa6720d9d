import { parseArgs } from "node:util";
import type { CommandIo } from "./command-io.ts";
import { configuration } from "./configuration.ts";
import { examine } from "./doctor/examine.ts";
import type { Finding } from "./doctor/finding.ts";
import { endEarly } from "./end-early.ts";
import { interruption } from "./interruption.ts";
import { readArguments } from "./read-arguments.ts";
import { visibleJson } from "./visible-json.ts";
import { visibleText } from "./visible-text.ts";

const usage = `usage: weir doctor [--json]

Checks the configuration, the files that hold keys, the ports, the database and
its schema, each upstream server (by Status-Server), and each NAS by what is on
record of it. Changes nothing, and sends nothing to a NAS: only enforcement
speaks to a CoA port. Works beside a running server and without one.
  --json  a list of {level, about, text, hint}; level is ok, warning or failure

exit code: 0 no failures, 1 failures, 2 wrong usage or configuration (every
problem is named)
`;

function asText(findings: readonly Finding[]): string {
  const lines = findings.map(({ level, about, text, hint }) => {
    const line = `${level.padEnd(8)} ${visibleText(`${about}: ${text}`)}`;
    return hint === undefined ? line : `${line}\n         → ${visibleText(hint)}`;
  });
  const count = (level: Finding["level"]) => findings.filter((finding) => finding.level === level).length;
  return `${[...lines, "", `failures ${count("failure")}, warnings ${count("warning")}, ok ${count("ok")}`].join("\n")}\n`;
}

export async function run(args: readonly string[], io: CommandIo): Promise<number> {
  const form = { command: "doctor", usage, count: [0, 0] as const };
  const read = readArguments(io, form, () =>
    parseArgs({
      args: [...args],
      allowPositionals: true,
      options: { json: { type: "boolean" }, help: { type: "boolean", short: "h" } },
    }),
  );
  if (read.kind === "done") return read.code;
  const config = configuration(io);
  if (!config) return 2;
  const { ending, forget } = interruption(io.stdout);
  try {
    const findings = await examine(config, ending);
    if (typeof findings === "string") return endEarly(io, "doctor", findings);
    io.stdout.write(read.given.values.json ? visibleJson(findings, 2) : asText(findings));
    return findings.some(({ level }) => level === "failure") ? 1 : 0;
  } finally {
    forget();
  }
}
