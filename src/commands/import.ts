import { randomInt } from "node:crypto";
import { parseArgs } from "node:util";
import { recordAudit } from "../api/audit-store.ts";
import { createSubscriberPut } from "../api/subscriber-put.ts";
import type { Core } from "../core.ts";
import { createCredentialStore } from "../subscriber/credential-store.ts";
import { ImportError } from "../subscriber/import-row.ts";
import { type ImportSummary, importSubscribers } from "../subscriber/import-subscribers.ts";
import { readCsvRows } from "../subscriber/read-csv-rows.ts";
import { readNdjsonRows } from "../subscriber/read-ndjson-rows.ts";
import type { CommandIo } from "./command-io.ts";
import { InputError } from "./input-error.ts";
import { type Input, openInput } from "./open-input.ts";
import { createProgress } from "./progress.ts";
import { readArguments, wrongUsage } from "./read-arguments.ts";
import { rejectedRows } from "./rejected-rows.ts";
import { visibleJson } from "./visible-json.ts";
import { visibleText } from "./visible-text.ts";
import { withCore } from "./with-core.ts";

const usage = `usage: weir import subscribers FILE [--format csv|ndjson] [--json]

FILE may be gzipped; "-" is standard input. The fields are those of PUT
/v1/subscribers/{id}, and id:
  CSV     a header names the columns: id, usernames (several parted by ";"),
          name, email, phone, locale, class, downKbps, upKbps, protections,
          password; the order is free
  NDJSON  one JSON object a line
Each row replaces the subscriber of its id; a row without password keeps the one
that there is. A row that cannot be taken is left out and named (its number
counts from 1, a header not counted); the others are stored. The same file may
be sent again. A running server follows at once.
  --format F  where neither the file's name (.csv, .ndjson, .jsonl, each also
              .gz) nor its beginning says it
  --json      the summary as POST /v1/subscribers/import answers it

exit code: 0 done, also if some rows were rejected; 1 failed, or no row was
taken; 2 wrong usage or configuration
`;

type Format = "csv" | "ndjson";

function formatOf({ fileName, head }: Input): Format {
  const ending = /\.(csv|ndjson|jsonl)(?:\.gz)?$/i.exec(fileName ?? "")?.[1]?.toLowerCase();
  if (ending !== undefined) return ending === "csv" ? "csv" : "ndjson";
  return /^\uFEFF?\s*\{/.test(head.toString("utf8")) ? "ndjson" : "csv";
}

interface Given {
  readonly path: string;
  readonly format: Format | undefined;
}

async function importFile(core: Core, io: CommandIo, { path, format }: Given): Promise<ImportSummary> {
  const { database, keyRing, now } = core;
  const input = await openInput(path, io);
  const rows = (format ?? formatOf(input)) === "csv" ? readCsvRows(input.content) : readNdjsonRows(input.content);
  const progress = createProgress(io.stderr);
  try {
    const imported = await importSubscribers(rows, {
      database,
      put: createSubscriberPut(createCredentialStore({ keyRing, randomBelow: randomInt }), now),
      onProgress: (done) => progress.say(`${done.toLocaleString("en")} rows`),
    });
    const { rejected: _rows, ...detail } = imported;
    const action = "subscriber.import";
    await recordAudit(database, { actor: "command-line", action, subject: "subscriber:*", detail });
    return imported;
  } finally {
    progress.clear();
    input.content.destroy();
  }
}

function asText(summary: ImportSummary): string {
  const { accepted, created, replaced, passwordsLeft, rejected, rejectedCount } = summary;
  const counts = `accepted ${accepted} (${created} new, ${replaced} replaced), rejected ${rejectedCount}\n`;
  const left = passwordsLeft === 0 ? "" : `${passwordsLeft} old passwords left out: a regeneration withdrew them\n`;
  return counts + left + rejectedRows(rejected, rejectedCount);
}

export async function run(args: readonly string[], io: CommandIo): Promise<number> {
  const form = { command: "import", usage, count: [2, 2] as const };
  const read = readArguments(io, form, () =>
    parseArgs({
      args: [...args],
      allowPositionals: true,
      options: { format: { type: "string" }, json: { type: "boolean" }, help: { type: "boolean", short: "h" } },
    }),
  );
  if (read.kind === "done") return read.code;
  const { values, positionals } = read.given;
  const [what, path = ""] = positionals;
  if (what !== "subscribers") return wrongUsage(io, form, `"${what}" cannot be imported, subscribers can`);
  const format = (["csv", "ndjson"] as const).find((one) => one === values.format);
  if (values.format !== undefined && !format) return wrongUsage(io, form, `--format takes csv or ndjson`);
  return await withCore(io, "import", async (core) => {
    try {
      const imported = await importFile(core, io, { path, format });
      io.stdout.write(values.json ? visibleJson(imported) : asText(imported));
      if (imported.accepted + imported.rejectedCount === 0) io.stderr.write(`weir import: ${path} holds no row\n`);
      return imported.accepted > 0 ? 0 : 1;
    } catch (error) {
      if (!(error instanceof ImportError || error instanceof InputError)) throw error;
      io.stderr.write(`weir import: ${visibleText(`${path}: ${error.message}`)}\n`);
      return 1;
    }
  });
}
