import type { NamedAttribute } from "../nas/nas.ts";

/** What accounting will show of attributes that a NAS runs, as far as it shows them: attribute name -> texts. */
export const expectedFrom = (attributes: readonly NamedAttribute[]): Readonly<Record<string, readonly string[]>> =>
  Object.fromEntries(
    [...Map.groupBy(attributes, ({ name }) => name)].map(([name, same]) => [
      name,
      same.map(({ value }) => String(value)),
    ]),
  );
