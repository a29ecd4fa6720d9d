import { type NamedAttribute, type ProfileOverrides, profileNames } from "../nas/nas.ts";
import { namesSession, sessionNaming } from "../nas/session-keys.ts";
import { ApiError, type Fault } from "./errors.ts";

/** What the dictionary says of an attribute that an operator wrote. */
export interface AttributeCheck {
  exists(name: string): boolean;
  /** It belongs to the packet or names the session: no profile may set it. */
  isOfThePacket(name: string): boolean;
  /** Why this value cannot be sent; undefined: it can. */
  problem(attribute: NamedAttribute): string | undefined;
  /** How much of a packet they take; each can be sent. */
  octets(attributes: readonly NamedAttribute[]): number;
}

/**
 * What RFC 2865 section 3 leaves of 4096 octets beside what any packet with a profile carries: its header,
 * Message-Authenticator, Event-Timestamp, and an Acct-Session-Id of any length.
 */
const MOST_OCTETS = 4096 - 20 - 18 - 6 - 255;

type Reading = { readonly pointer: string; readonly attribute: NamedAttribute } | Fault;

const isObject = (value: unknown): value is Readonly<Record<string, unknown>> =>
  typeof value === "object" && value !== null && !Array.isArray(value);

const token = (name: string) => name.replaceAll("~", "~0").replaceAll("/", "~1");

/** "ERX-Service-Activate:1" is the attribute with tag 1. */
function nameAndTag(text: string): { readonly name: string; readonly tag?: number } {
  const tagged = /^(.+):(\d{1,2})$/.exec(text);
  return tagged?.[1] && Number(tagged[2]) <= 31 ? { name: tagged[1], tag: Number(tagged[2]) } : { name: text };
}

function readOne(pointer: string, named: { name: string; tag?: number }, value: unknown): Reading {
  if (typeof value === "string" || typeof value === "number") return { pointer, attribute: { ...named, value } };
  return { pointer, detail: "must be text or a number" };
}

const readObject = (pointer: string, profile: Readonly<Record<string, unknown>>): Reading[] =>
  Object.entries(profile).flatMap(([key, value]) => {
    const at = `${pointer}/${token(key)}`;
    if (!Array.isArray(value)) return [readOne(at, nameAndTag(key), value)];
    return value.map((one: unknown, index) => readOne(`${at}/${index}`, nameAndTag(key), one));
  });

const readList = (pointer: string, profile: readonly unknown[]): Reading[] =>
  profile.map((entry, index) => {
    const at = `${pointer}/${index}`;
    if (!isObject(entry)) return { pointer: at, detail: 'must be {"name", "tag"?, "value"}' };
    const { name, tag, value, ...others } = entry;
    const [other] = Object.keys(others);
    if (other !== undefined) return { pointer: `${at}/${token(other)}`, detail: "is not known here" };
    if (typeof name !== "string") return { pointer: `${at}/name`, detail: "must be the name of an attribute" };
    if (tag === undefined) return readOne(`${at}/value`, { name }, value);
    if (typeof tag !== "number" || !Number.isInteger(tag) || tag < 0 || tag > 31)
      return { pointer: `${at}/tag`, detail: "must be a number from 0 to 31" };
    return readOne(`${at}/value`, { name, tag }, value);
  });

/** Reads the profiles of a NAS from either form. Throws ApiError with a pointer to each attribute that cannot be sent. */
export function readProfiles(
  profiles: Readonly<Record<string, unknown>>,
  attributes: AttributeCheck,
): ProfileOverrides {
  const others = Object.keys(profiles).filter((name) => !profileNames.some((known) => known === name));
  if (others.length > 0) {
    const detail = `is no profile; there are ${profileNames.join(", ")}`;
    const errors = others.map((name) => ({ pointer: `/profiles/${token(name)}`, detail }));
    throw new ApiError("invalid-body", `/profiles/${others[0]}: ${detail}`, { errors });
  }
  const readings = Object.entries(profiles).map(([kind, profile]) => ({
    kind,
    found: Array.isArray(profile)
      ? readList(`/profiles/${kind}`, profile)
      : readObject(`/profiles/${kind}`, isObject(profile) ? profile : {}),
  }));
  const all = readings.flatMap(({ found }) => found);
  const malformed = all.filter((reading) => "detail" in reading);
  if (malformed.length > 0) throw new ApiError("invalid-body", "profiles cannot be read", { errors: malformed });
  const given = all.filter((reading) => "attribute" in reading);
  refuse(
    "unknown-attribute",
    given
      .filter(({ attribute }) => !attributes.exists(attribute.name))
      .map(({ pointer, attribute }) => ({ pointer, detail: `no dictionary has ${attribute.name}` })),
  );
  refuse(
    "attribute-not-allowed",
    given
      .filter(({ attribute }) => attributes.isOfThePacket(attribute.name))
      .map(({ pointer, attribute }) => ({ pointer, detail: `${attribute.name} is no part of what a session gets` })),
  );
  refuse(
    "invalid-attribute-value",
    given.flatMap(({ pointer, attribute }) => {
      const detail = attributes.problem(attribute);
      return detail === undefined ? [] : [{ pointer, detail }];
    }),
  );
  const read = readings.map(({ kind, found }) => ({
    kind,
    attributes: found.flatMap((reading) => ("attribute" in reading ? [reading.attribute] : [])),
  }));
  refuse(
    "profile-too-large",
    read.flatMap((one) => {
      const octets = attributes.octets(one.attributes);
      const detail = `takes ${octets} octets; a packet has room for ${MOST_OCTETS}`;
      return octets > MOST_OCTETS ? [{ pointer: `/profiles/${one.kind}`, detail }] : [];
    }),
  );
  return Object.fromEntries(read.map((one) => [one.kind, one.attributes]));
}

/** Attributes that are to identify a session must exist, too, and one of them must name it. */
export function checkSessionKeys(names: readonly string[], attributes: AttributeCheck): void {
  refuse(
    "unknown-attribute",
    names.flatMap((name, index) =>
      attributes.exists(name) ? [] : [{ pointer: `/coa/sessionKeys/${index}`, detail: `no dictionary has ${name}` }],
    ),
  );
  if (names.some(namesSession)) return;
  const detail = `must have one that names a session: ${sessionNaming.join(", ")}`;
  throw new ApiError("invalid-body", `/coa/sessionKeys: ${detail}`, {
    errors: [{ pointer: "/coa/sessionKeys", detail }],
  });
}

type ProfileFault = "unknown-attribute" | "attribute-not-allowed" | "invalid-attribute-value" | "profile-too-large";

function refuse(code: ProfileFault, errors: readonly Fault[]): void {
  const [first] = errors;
  if (first) throw new ApiError(code, `${first.pointer}: ${first.detail}`, { errors });
}

/** Profiles in the form with names as keys; one value alone, several as a list. */
export function profilesView(profiles: ProfileOverrides): Record<string, Record<string, unknown>> {
  const shown = (attributes: readonly NamedAttribute[]) => {
    const byName = Map.groupBy(attributes, ({ name, tag }) => (tag === undefined ? name : `${name}:${tag}`));
    return Object.fromEntries(
      [...byName].map(([name, all]) => [name, all.length === 1 ? all[0]?.value : all.map(({ value }) => value)]),
    );
  };
  return Object.fromEntries(Object.entries(profiles).map(([kind, attributes]) => [kind, shown(attributes)]));
}
