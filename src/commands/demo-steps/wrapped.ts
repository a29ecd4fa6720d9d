/** A line as several of at most `width` characters where its blanks allow that; those after the first are set in as it is. */
export function wrapped(line: string, width: number): string[] {
  const indent = " ".repeat(line.length - line.trimStart().length);
  const lines: string[] = [];
  let rest = line;
  while (rest.length > width) {
    const last = rest.lastIndexOf(" ", width);
    // A word that is longer by itself stays whole.
    const cut = last > indent.length ? last : rest.indexOf(" ", width);
    if (cut < 0) break;
    lines.push(rest.slice(0, cut).trimEnd());
    rest = indent + rest.slice(cut).trimStart();
  }
  return [...lines, rest];
}
