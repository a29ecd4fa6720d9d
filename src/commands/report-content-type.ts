const byEnding: Readonly<Record<string, string>> = {
  csv: "text/csv",
  ndjson: "application/x-ndjson",
  jsonl: "application/x-ndjson",
  eml: "message/rfc822",
  xml: "application/xml",
};

const isObject = (value: unknown): value is object =>
  typeof value === "object" && value !== null && !Array.isArray(value);

function parsed(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return undefined;
  }
}

/** JSON objects, one a line; or a single one that is an event of Suricata's, whose file is called eve.json. */
function isNdjson(text: string): boolean {
  const [first = ""] = text.split("\n", 1);
  const record = parsed(first);
  if (!isObject(record)) return false;
  return /\S/.test(text.slice(first.length)) || "event_type" in record;
}

/** What a report's Content-Type would be, from its file's name, else from how it begins. `body` is unpacked. */
export function reportContentType(fileName: string | undefined, body: Buffer): string {
  const ending = /\.(\w+?)(?:\.gz)?$/.exec(fileName ?? "")?.[1]?.toLowerCase();
  const known = ending === undefined ? undefined : byEnding[ending];
  if (known !== undefined) return known;
  // TextDecoder leaves a byte order mark out.
  const text = new TextDecoder().decode(body).trimStart();
  if (ending !== "json") {
    if (text.startsWith("<")) return "application/xml";
    if (/^[A-Za-z-]+: /.test(text)) return "message/rfc822";
    if (!/^[[{]/.test(text)) return "text/csv";
  }
  return isNdjson(text) ? "application/x-ndjson" : "application/json";
}
