import type { SubscriberInput } from "./subscriber.ts";
import { usernameSpelling } from "./username-spelling.ts";

/** Who has a username now. */
export interface UsernameOwner {
  readonly username: string;
  readonly spelling: string;
  readonly subscriberId: string;
  readonly isAutomatic: boolean;
}

export interface UsernameTaken {
  readonly kind: "username-taken";
  readonly username: string;
  /** As the owner has it: the same, or another spelling. */
  readonly heldAs: string;
  readonly owner: string;
}

export type RowVerdict = { readonly kind: "taken-over" } | UsernameTaken;

/** For whoever gave the username. */
export const takenText = ({ username, heldAs, owner }: UsernameTaken): string =>
  username === heldAs
    ? `username ${username} belongs to subscriber ${owner}`
    : `username ${username} is another spelling of ${heldAs}, which belongs to subscriber ${owner}`;

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
  readonly #bySpelling = new Map<string, Set<string>>();

  /** The usernames of this spelling that are taken. */
  spelt(spelling: string): readonly string[] {
    return [...(this.#bySpelling.get(spelling) ?? [])].filter((username) => this.#ownerOf.has(username));
  }

  owner(username: string): string | undefined {
    return this.#ownerOf.get(username);
  }

  give({ username, spelling }: Pick<UsernameOwner, "username" | "spelling">, subscriberId: string): void {
    const before = this.#ownerOf.get(username);
    if (before !== undefined) this.#usernamesOf.get(before)?.delete(username);
    this.#ownerOf.set(username, subscriberId);
    const usernames = this.#usernamesOf.get(subscriberId) ?? new Set();
    this.#usernamesOf.set(subscriberId, usernames.add(username));
    this.#bySpelling.set(spelling, (this.#bySpelling.get(spelling) ?? new Set()).add(username));
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
 * Decides, row after row as if each came alone, who gets which username. Other spellings of a username are that username:
 * nobody could tell whose session it is. One of nobody's or of the subscriber's own is free; one of an automatic subscriber
 * brings that subscriber along; one of another real subscriber is refused. `known`: the owners of all spellings of the
 * usernames that the inputs name, and of every username of each input's subscriber.
 */
export function planUsernames(inputs: readonly SubscriberInput[], known: readonly UsernameOwner[]): UsernamePlan {
  const before = new Map(known.map((owner) => [owner.username, owner.subscriberId]));
  const automatic = new Set(known.filter((owner) => owner.isAutomatic).map((owner) => owner.subscriberId));
  const owners = new Owners();
  for (const owner of known) owners.give(owner, owner.subscriberId);
  const merges: { from: string; into: string }[] = [];

  const verdicts = inputs.map((input): RowVerdict => {
    const given = input.usernames.map((username) => ({ username, spelling: usernameSpelling(username) }));
    const others = given.flatMap(({ username, spelling }) =>
      owners.spelt(spelling).flatMap((heldAs) => {
        const owner = owners.owner(heldAs);
        return owner === undefined || owner === input.id ? [] : [{ username, heldAs, owner }];
      }),
    );
    const taken = others.find(({ owner }) => !automatic.has(owner));
    if (taken) return { kind: "username-taken", ...taken };
    automatic.delete(input.id);
    for (const from of new Set(others.map(({ owner }) => owner))) {
      merges.push({ from, into: input.id });
      owners.freeAll(from);
    }
    owners.freeAll(input.id);
    for (const one of given) owners.give(one, input.id);
    return { kind: "taken-over" };
  });
  return {
    verdicts,
    added: owners.entries().filter(({ username, subscriberId }) => before.get(username) !== subscriberId),
    removed: [...before.keys()].filter((username) => owners.owner(username) === undefined),
    merges,
  };
}
