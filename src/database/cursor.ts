/** What kind of text each part of a cursor must be, so that no invented cursor reaches a statement. */
const shapes = {
  text: /^[^\0]*$/,
  id: /^\d{1,18}$/,
  uuid: /^[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}$/,
  time: /^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{3}Z$/,
} as const;

export type CursorPart = keyof typeof shapes;

/** A day that no month has would be another one to JavaScript. */
const isTime = (text: string): boolean =>
  !Number.isNaN(Date.parse(text)) && new Date(text).toISOString() === text && !text.startsWith("0000");

/** The cursor is not one that `writeCursor` made for this list. */
class CursorError extends Error {
  readonly code = "invalid-cursor";
  constructor() {
    super("the cursor is not one that a page of this list gave");
    this.name = "CursorError";
  }
}

/** The sort key of a page's last row as opaque text. */
export const writeCursor = (parts: readonly string[]): string =>
  Buffer.from(JSON.stringify(parts)).toString("base64url");

function parsed(cursor: string): unknown {
  try {
    return JSON.parse(Buffer.from(cursor, "base64url").toString("utf8"));
  } catch {
    return undefined;
  }
}

/** Reads back what `writeCursor` wrote. Throws CursorError for anything else. */
export function readCursor(cursor: string, kinds: readonly CursorPart[]): string[] {
  const parts = parsed(cursor);
  if (!Array.isArray(parts) || parts.length !== kinds.length) throw new CursorError();
  return kinds.map((kind, index) => {
    const part: unknown = parts[index];
    if (typeof part !== "string" || !shapes[kind].test(part)) throw new CursorError();
    if (kind === "time" && !isTime(part)) throw new CursorError();
    return part;
  });
}
