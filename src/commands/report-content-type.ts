const byEnding: Readonly<Record<string, string>> = {
  json: "application/json",
  csv: "text/csv",
  ndjson: "application/x-ndjson",
  jsonl: "application/x-ndjson",
  eml: "message/rfc822",
  xml: "application/xml",
};

/** Several lines that are each a JSON object by themselves. */
function isNdjson(text: string): boolean {
  const [first = "", second] = text.split(/\r?\n/, 4).filter((line) => line.trim() !== "");
  if (second === undefined) return false;
  try {
    JSON.parse(first);
    return true;
  } catch {
    return false;
  }
}

/** What a report's Content-Type would be, from its file's name, else from how it begins. `body` is unpacked. */
export function reportContentType(fileName: string | undefined, body: Buffer): string {
  const ending = /\.(\w+?)(?:\.gz)?$/.exec(fileName ?? "")?.[1]?.toLowerCase();
  const known = ending === undefined ? undefined : byEnding[ending];
  if (known !== undefined) return known;
  const text = new TextDecoder().decode(body).trimStart();
  if (text.startsWith("<")) return "application/xml";
  if (/^[A-Za-z-]+: /.test(text)) return "message/rfc822";
  if (!/^[[{]/.test(text)) return "text/csv";
  return isNdjson(text) ? "application/x-ndjson" : "application/json";
}
