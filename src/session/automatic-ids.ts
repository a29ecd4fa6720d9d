import { hash } from "node:crypto";

const LONGEST = 253;

/** What the API takes as an id (api/shapes.ts), and a path can hold: "." and ".." go up in it. */
const canBeNamed = (id: string): boolean => id.length <= LONGEST && !/\p{Cc}/u.test(id) && id !== "." && id !== "..";

/** The digest of the name in place of one that is no id. */
const named = (username: string, id: string): string =>
  canBeNamed(id) ? id : `auto:${hash("sha256", username).slice(0, 32)}`;

/**
 * The id of the subscriber whom accounting makes for a username that nobody has: the username, if it can be an id; and
 * which one instead, where somebody has that id already without having the username.
 */
export function automaticIds(username: string): readonly [first: string, instead: string] {
  const first = named(username, username);
  return [first, first === username ? named(username, `auto:${first}`) : `auto:${first}`];
}
