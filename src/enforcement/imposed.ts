import type { NamedAttribute } from "../nas/nas.ts";

/**
 * What Weir put on a session, as it was sent: attributes that hold until others replace them, and services by name. It
 * is remembered so, and not as the profile that it came from: overrides and plans may change before it is taken away,
 * and when a NAS fell silent, several translations may be in force at once. All of it is undone.
 */
export interface Imposed {
  readonly attributes: readonly NamedAttribute[];
  readonly services: readonly string[];
}

export const nothingImposed: Imposed = Object.freeze({ attributes: [], services: [] });

export const isNothingImposed = ({ attributes, services }: Imposed): boolean =>
  attributes.length === 0 && services.length === 0;

/** For a column: null where nothing is imposed. */
export const imposedJson = (imposed: Imposed | undefined): string | null =>
  imposed === undefined || isNothingImposed(imposed) ? null : JSON.stringify(imposed);

/** Everything that may be in force when nobody knows which of the two is. */
export function imposedUnion(earlier: Imposed, later: Imposed): Imposed {
  const attributes = [...earlier.attributes, ...later.attributes];
  const textOf = ({ name, tag, value }: NamedAttribute) => JSON.stringify([name, tag ?? null, value]);
  return {
    attributes: [...new Map(attributes.map((attribute) => [textOf(attribute), attribute])).values()],
    services: [...new Set([...earlier.services, ...later.services])],
  };
}
