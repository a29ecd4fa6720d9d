/** How many characters have to be put in, taken out or replaced (Levenshtein). */
function distance(from: string, to: string): number {
  let row = Array.from({ length: to.length + 1 }, (_, column) => column);
  for (const [index, letter] of [...from].entries()) {
    const next = [index + 1];
    for (const [column, other] of [...to].entries()) {
      const replaced = (row[column] ?? 0) + (letter === other ? 0 : 1);
      next.push(Math.min(replaced, (row[column + 1] ?? 0) + 1, (next[column] ?? 0) + 1));
    }
    row = next;
  }
  return row.at(-1) ?? 0;
}

/** Two slips of the finger, or a word's ending. */
const MOST_APART = 3;

/** The name that somebody who wrote this one may have meant; undefined: none is near. */
export function nearestName(written: string, names: readonly string[]): string | undefined {
  const apart = names.map((name) => ({ name, by: distance(written.toLowerCase(), name.toLowerCase()) }));
  const nearest = apart.reduce((best, one) => (one.by < best.by ? one : best), {
    name: "",
    by: Number.POSITIVE_INFINITY,
  });
  return nearest.by <= MOST_APART ? nearest.name : undefined;
}
