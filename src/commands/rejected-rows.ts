import { textTable } from "./text-table.ts";

interface Rejected {
  readonly row: number;
  readonly code: string;
  readonly detail: string;
}

const MOST_SHOWN = 100;

/** Rejected rows for people, the first of them where there are many. `count`: how many there are in all. */
export function rejectedRows(rejected: readonly Rejected[], count: number = rejected.length): string {
  const shown = rejected.slice(0, MOST_SHOWN).map(({ row, code, detail }) => [`row ${row}`, code, detail]);
  const more = count - shown.length;
  return textTable(shown) + (more > 0 ? `and ${more.toLocaleString("en")} more rows\n` : "");
}
