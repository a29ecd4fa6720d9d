/** "Name op value" as written, with the line that it stands on. */
export interface WrittenAttribute {
  readonly name: string;
  readonly operator: string;
  /** Without quotes and escapes: for what is no RADIUS attribute, and for comparing. */
  readonly value: string;
  /** For the reader of RADIUS attributes, quotes and all. */
  readonly text: string;
  readonly line: number;
}

export type WrittenPacket = readonly WrittenAttribute[];

export class PacketSyntaxError extends Error {
  readonly line: number;
  constructor(line: number, message: string) {
    super(`line ${line}: ${message}`);
    this.name = "PacketSyntaxError";
    this.line = line;
  }
}

const form = /^([A-Za-z0-9][A-Za-z0-9_./-]*(?::\d{1,3})?)\s*(:=|\+=|==|!=|=~|!~|=\*|!\*|=)\s*(.*)$/s;
const escapes: Readonly<Record<string, string>> = { n: "\n", r: "\r", t: "\t" };

function unquoted(text: string): string {
  const [, quote, inner] = /^(["'])(.*)\1$/s.exec(text) ?? [];
  if (inner === undefined) return text;
  return quote === "'" ? inner : inner.replace(/\\(.)/gs, (_, letter: string) => escapes[letter] ?? letter);
}

/** Cuts at commas that stand in no quotes, and a comment off. Undefined: a quote is never closed. */
function cut(line: string): string[] | undefined {
  const parts: string[] = [];
  let part = "";
  let quote = "";
  for (let at = 0; at < line.length; at += 1) {
    const letter = line.charAt(at);
    if (quote !== "") {
      part += letter;
      if (letter === "\\" && quote === '"') part += line.charAt(++at);
      else if (letter === quote) quote = "";
    } else if (letter === ",") {
      parts.push(part);
      part = "";
    } else if (letter === "#" && (part === "" || /\s$/.test(part))) break;
    else {
      // A quote opens a value only where one begins: it's a letter of the value elsewhere.
      if ((letter === '"' || letter === "'") && /[=~]\s*$/.test(part)) quote = letter;
      part += letter;
    }
  }
  return quote === "" ? [...parts, part] : undefined;
}

function attributesOn(line: string, number: number): WrittenAttribute[] {
  const parts = cut(line);
  if (!parts) throw new PacketSyntaxError(number, "a quote is not closed");
  return parts.flatMap((part) => {
    const text = part.trim();
    if (text === "") return [];
    const [, name, operator, value] = form.exec(text) ?? [];
    if (name === undefined || operator === undefined || value === undefined)
      throw new PacketSyntaxError(number, `"${text}" is not of the form Name = value`);
    return [{ name, operator, value: unquoted(value), text, line: number }];
  });
}

/**
 * Reads packets in FreeRADIUS radclient's form: attributes parted by commas or new lines, packets by blank lines,
 * comments behind "#". Throws PacketSyntaxError.
 */
export function readPackets(text: string): WrittenPacket[] {
  const packets: WrittenAttribute[][] = [];
  let packet: WrittenAttribute[] = [];
  const lines = text.replace(/^\uFEFF/, "").split(/\r?\n/);
  for (const [index, line] of [...lines, ""].entries()) {
    if (line.trim() !== "") packet.push(...attributesOn(line, index + 1));
    else if (packet.length > 0) {
      packets.push(packet);
      packet = [];
    }
  }
  return packets;
}
