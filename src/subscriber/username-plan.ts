import type { SubscriberInput } from "./subscriber.ts";

/** Who has a username now. */
export interface UsernameOwner {
  readonly username: string;
  readonly subscriberId: string;
  readonly isAutomatic: boolean;
}

export type RowVerdict =
  | { readonly kind: "taken-over" }
  | { readonly kind: "username-taken"; readonly username: string; readonly owner: string };

export interface UsernamePlan {
  /** One verdict for each input, in order; only rows with "taken-over" are to be written. */
  readonly verdicts: readonly RowVerdict[];
  readonly added: readonly { readonly username: string; readonly subscriberId: string }[];
  readonly removed: readonly string[];
  /** Automatic subscribers whose username a real one claims: they become part of it. */
  readonly merges: readonly { readonly from: string; readonly into: string }[];
}

/** Which username is whose, changeable while the rows are gone through. */
class Owners {
  readonly #ownerOf = new Map<string, string>();
  readonly #usernamesOf = new Map<string, Set<string>>();

  owner(username: string): string | undefined {
    return this.#ownerOf.get(username);
  }

  give(username: string, subscriberId: string): void {
    const before = this.#ownerOf.get(username);
    if (before !== undefined) this.#usernamesOf.get(before)?.delete(username);
    this.#ownerOf.set(username, subscriberId);
    const usernames = this.#usernamesOf.get(subscriberId) ?? new Set();
    this.#usernamesOf.set(subscriberId, usernames.add(username));
  }

  freeAll(subscriberId: string): void {
    for (const username of this.#usernamesOf.get(subscriberId) ?? []) this.#ownerOf.delete(username);
    this.#usernamesOf.delete(subscriberId);
  }

  entries(): { username: string; subscriberId: string }[] {
    return [...this.#ownerOf].map(([username, subscriberId]) => ({ username, subscriberId }));
  }
}

/**
 * Decides, row after row as if each came alone, who gets which username: one of nobody's or of the subscriber's own is
 * free; one of an automatic subscriber brings that subscriber along; one of another real subscriber is refused.
 * `known`: the owner of every username that the inputs name, and every username of each input's subscriber.
 * `otherSpellings`: of a username that an input names, what automatic subscribers have: it brings these along, too.
 */
export function planUsernames(
  inputs: readonly SubscriberInput[],
  known: readonly UsernameOwner[],
  otherSpellings: ReadonlyMap<string, readonly string[]> = new Map(),
): UsernamePlan {
  const before = new Map(known.map((owner) => [owner.username, owner.subscriberId]));
  const automatic = new Set(known.filter((owner) => owner.isAutomatic).map((owner) => owner.subscriberId));
  const owners = new Owners();
  for (const { username, subscriberId } of known) owners.give(username, subscriberId);
  const merges: { from: string; into: string }[] = [];

  const verdicts = inputs.map((input): RowVerdict => {
    const others = input.usernames.flatMap((username) => {
      const owner = owners.owner(username);
      return owner === undefined || owner === input.id ? [] : [{ username, owner }];
    });
    const taken = others.find(({ owner }) => !automatic.has(owner));
    if (taken) return { kind: "username-taken", ...taken };
    automatic.delete(input.id);
    const spelt = input.usernames.flatMap((username) => otherSpellings.get(username) ?? []);
    const meant = spelt.flatMap((username) => owners.owner(username) ?? []).filter((owner) => automatic.has(owner));
    for (const from of new Set([...others.map(({ owner }) => owner), ...meant])) {
      merges.push({ from, into: input.id });
      owners.freeAll(from);
    }
    owners.freeAll(input.id);
    for (const username of input.usernames) owners.give(username, input.id);
    return { kind: "taken-over" };
  });
  return {
    verdicts,
    added: owners.entries().filter(({ username, subscriberId }) => before.get(username) !== subscriberId),
    removed: [...before.keys()].filter((username) => owners.owner(username) === undefined),
    merges,
  };
}
