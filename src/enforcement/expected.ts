import type { Step } from "./nas-gateway.ts";

/**
 * What accounting will show of an acknowledged plan, as far as the NAS shows it: attribute name -> texts. Of a name that
 * several steps set, the last one counts.
 */
export function expectedFrom(steps: readonly Step[]): Readonly<Record<string, readonly string[]>> {
  const expected = new Map<string, readonly string[]>();
  for (const { attributes } of steps)
    for (const [name, values] of Map.groupBy(attributes, (attribute) => attribute.name))
      expected.set(
        name,
        values.map(({ value }) => String(value)),
      );
  return Object.fromEntries(expected);
}
