import { visibleText } from "./visible-text.ts";

/** Columns of equal width, two spaces apart; the last one as long as it likes. Whatever is in a cell, a row is one line. */
export function textTable(given: readonly (readonly string[])[]): string {
  const rows = given.map((row) => row.map(visibleText));
  const widths = rows.reduce<number[]>(
    (widest, row) => row.map((cell, index) => Math.max(widest[index] ?? 0, cell.length)),
    [],
  );
  return rows
    .map((row) => `${row.map((cell, index) => cell.padEnd(widths[index] ?? 0)).join("  ")}`.trimEnd())
    .map((line) => `${line}\n`)
    .join("");
}
