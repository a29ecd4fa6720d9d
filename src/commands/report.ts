import { randomUUID } from "node:crypto";
import { parseArgs } from "node:util";
import { recordAudit } from "../api/audit-store.ts";
import { ownAddresses } from "../attribution/own-addresses.ts";
import type { Core } from "../core.ts";
import { orderMeasure } from "../enforcement/order-measure.ts";
import { decompressReport } from "../intake/decompress-report.ts";
import { IntakeError } from "../intake/intake-error.ts";
import { createReportReader } from "../intake/read-report.ts";
import { MAX_REPORT_BYTES } from "../intake/report-limits.ts";
import { builtInPlaybook } from "../policy/built-in-playbooks.ts";
import { impossibleHere } from "../policy/impossible-here.ts";
import { createReportReceiver, type ReportAnswer } from "../response/receive-report.ts";
import type { CommandIo } from "./command-io.ts";
import { InputError } from "./input-error.ts";
import { isServerListening } from "./listening-server-store.ts";
import { fileOctets } from "./open-input.ts";
import { readArguments, wrongUsage } from "./read-arguments.ts";
import { reportContentType } from "./report-content-type.ts";
import { reportText } from "./report-text.ts";
import { visibleJson } from "./visible-json.ts";
import { visibleText } from "./visible-text.ts";
import { withCore } from "./with-core.ts";

const usage = `usage: weir report FILE --source SOURCE [--type TYPE]
                   [--content-type T] [--json]

Does what POST /v1/reports does: stores the observations, finds whose they are,
opens cases, orders measures. A running server carries the measures out at once;
without one they wait for its start. FILE may be gzipped; "-" is standard input.
  --source SOURCE   who reports; a source is made with PUT /v1/sources/{id}
  --type TYPE       the Shadowserver report (event4_sinkhole, …), where the
                    file's name does not say it
  --content-type T  application/json (XARF v4, observation list), text/csv
                    (Shadowserver), application/x-ndjson (Suricata EVE); absent:
                    seen from the file's name, else from what is in it. In a
                    .json file JSON objects line by line, or a single one with
                    event_type, are Suricata EVE
  --json            the answer as POST /v1/reports gives it
Says how many rows were accepted (stored, whoever they are about), duplicates
(the source has said the same before) and rejected, each rejected row with its
code and what is wrong, and the cases that the accepted ones belong to.

exit code: 0 taken in, also if some rows were rejected; 1 failed, or every row
was rejected; 2 wrong usage or configuration
`;

interface Given {
  readonly path: string;
  readonly source: string;
  readonly reportType: string | undefined;
  readonly contentType: string | undefined;
}

/** The file as it is. One piece more than a report may have is enough to show that it is too large. */
async function octetsOf(path: string, io: CommandIo): Promise<Buffer> {
  const pieces: Buffer[] = [];
  let length = 0;
  for await (const piece of fileOctets(path, io)) {
    pieces.push(piece);
    length += piece.length;
    if (length > MAX_REPORT_BYTES) break;
  }
  return Buffer.concat(pieces);
}

async function contentTypeOf(fileName: string | undefined, body: Buffer): Promise<string> {
  const content = await decompressReport(body, undefined);
  return reportContentType(fileName, content.ok ? content.body : body);
}

async function receive(core: Core, io: CommandIo, given: Given): Promise<ReportAnswer> {
  const { database, now } = core;
  const body = await octetsOf(given.path, io);
  const fileName = given.path === "-" ? undefined : given.path.split("/").at(-1);
  const receiveReport = createReportReceiver({
    database,
    playbookFor: builtInPlaybook,
    impossibleHere: impossibleHere({ isUpstreamAuthenticating: (core.config.upstream?.auth.length ?? 0) > 0 }),
    orderMeasure,
    isOwnAddress: ownAddresses(core.config.ownAddresses),
    readReport: createReportReader(),
    newId: randomUUID,
    // What was ordered is announced by the database when it is committed: the server hears it there.
    committed: () => undefined,
  });
  const contentType = given.contentType ?? (await contentTypeOf(fileName, body));
  const { source, reportType } = given;
  const answer = await receiveReport({ sourceId: source, contentType, fileName, reportType, body, now: now() });
  const { accepted, duplicates, rejected, rejectedCount = rejected.length } = answer;
  const detail = { source, accepted, duplicates, rejected: rejectedCount };
  await recordAudit(database, {
    actor: "command-line",
    action: "report.receive",
    subject: `report:${answer.id}`,
    detail,
  });
  return answer;
}

/** Why it cannot be taken, for people; undefined: not the report's fault. */
function refusal(error: unknown, { path, source }: Given): string | undefined {
  if (error instanceof IntakeError && error.code === "unknown-source")
    return `unknown-source: there is no source ${source}: make it with PUT /v1/sources/${source}`;
  if (error instanceof IntakeError && ["report-type-missing", "unknown-report-type"].includes(error.code))
    return `${path}: ${error.code}: ${error.message}; say which report it is: --type event4_sinkhole, or a file name that says it`;
  if (error instanceof IntakeError) return `${path}: ${error.code}: ${error.message}`;
  return error instanceof InputError ? `${path}: ${error.message}` : undefined;
}

async function takeIn(core: Core, io: CommandIo, given: Given & { readonly asJson: boolean }): Promise<number> {
  try {
    const answer = await receive(core, io, given);
    io.stdout.write(given.asJson ? visibleJson(answer) : await reportText(core.database, answer));
    if (answer.cases.length > 0 && !(await isServerListening(core.database)))
      io.stderr.write("no server is running on this database: what was ordered is carried out when one starts\n");
    return answer.accepted + answer.duplicates === 0 ? 1 : 0;
  } catch (error) {
    const problem = refusal(error, given);
    if (problem === undefined) throw error;
    io.stderr.write(`weir report: ${visibleText(problem)}\n`);
    return 1;
  }
}

export async function run(args: readonly string[], io: CommandIo): Promise<number> {
  const form = { command: "report", usage, count: [1, 1] as const };
  const read = readArguments(io, form, () =>
    parseArgs({
      args: [...args],
      allowPositionals: true,
      options: {
        source: { type: "string" },
        type: { type: "string" },
        "content-type": { type: "string" },
        json: { type: "boolean" },
        help: { type: "boolean", short: "h" },
      },
    }),
  );
  if (read.kind === "done") return read.code;
  const { values, positionals } = read.given;
  const { source } = values;
  if (source === undefined) return wrongUsage(io, form, "--source is missing");
  const [path = ""] = positionals;
  const given = { path, source, reportType: values.type, contentType: values["content-type"] };
  return await withCore(io, "report", (core) => takeIn(core, io, { ...given, asJson: values.json ?? false }));
}
