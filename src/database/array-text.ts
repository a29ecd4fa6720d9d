const quoted = (text: string): string =>
  text.includes('"') || text.includes("\\") ? `"${text.replace(/[\\"]/g, "\\$&")}"` : `"${text}"`;

function elementText(value: unknown): string | undefined {
  switch (typeof value) {
    case "string":
      return quoted(value);
    case "number":
    case "bigint":
    case "boolean":
      return String(value);
    default:
      if (value === null || value === undefined) return "NULL";
      return Buffer.isBuffer(value) ? `"\\\\x${value.toString("hex")}"` : undefined;
  }
}

/**
 * PostgreSQL's text form of a flat array of texts, numbers, booleans, octets and nulls (its documentation, section
 * 8.15.2): columns of a batch, which pg would write several times slower. undefined: something else is in it, which is
 * pg's to write.
 */
export function arrayText(values: readonly unknown[]): string | undefined {
  let text = "{";
  for (let at = 0; at < values.length; at++) {
    const element = elementText(values[at]);
    if (element === undefined) return undefined;
    text += at === 0 ? element : `,${element}`;
  }
  return `${text}}`;
}
