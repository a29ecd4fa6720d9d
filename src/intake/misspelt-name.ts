/** A name in a record, and the one that was probably meant. */
export interface Misspelt {
  readonly name: string;
  readonly meant: string;
}

const plain = (name: string): string => name.toLowerCase().replace(/(?<=[a-z0-9])[\s_.-]+(?=[a-z0-9])/g, "");

/** Whether one letter was put in, left out or replaced, or two neighbours changed places. */
function isOneSlip(written: string, meant: string): boolean {
  if (Math.abs(written.length - meant.length) > 1) return false;
  let at = 0;
  while (at < written.length && written[at] === meant[at]) at += 1;
  const [left, wanted] = [written.slice(at), meant.slice(at)];
  if (left.slice(1) === wanted || left === wanted.slice(1) || left.slice(1) === wanted.slice(1)) return true;
  return left[0] === wanted[1] && left[1] === wanted[0] && left.slice(2) === wanted.slice(2);
}

/** Given the names in a record, and known ones that it lacks and must not lack by a slip of the finger. */
export type FindMisspelt = (names: readonly string[], lacking: readonly string[]) => Misspelt | undefined;

/**
 * Finds the first name in a record that is one of the `known` but for upper case and what divides its words; or that is one
 * slip away from one that is lacking. What is unlike any is none of our business.
 */
export function misspellingsOf(known: readonly string[]): FindMisspelt {
  const exact = new Set(known);
  const byPlain = new Map(known.map((name) => [plain(name), name]));
  return (names, lacking) => {
    for (const name of names) {
      if (exact.has(name)) continue;
      const bare = plain(name);
      const meant = byPlain.get(bare) ?? lacking.find((one) => isOneSlip(bare, plain(one)));
      if (meant !== undefined) return { name, meant };
    }
    return undefined;
  };
}
