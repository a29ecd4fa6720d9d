import { Type } from "typebox";
import type { SessionView } from "../session/session-view.ts";
import { ProfileShape } from "./profile-shape.ts";
import { closed, mapOf, nullable, oneOf } from "./shapes.ts";

const text = Type.String();
const time = Type.String({ format: "date-time" });
const profile = (description: string) =>
  Type.Unsafe<object | null>({ ...nullable(ProfileShape), description: `${description}; null: unrestricted` });

/** radius/octets-text.ts */
const octetsInHex =
  "as the NAS sent it; where its octets are no UTF-8, hold a NUL, or read themselves like this: `0x` and the octets in hex";

/** A session as the API shows it. */
export const SessionShape = Type.Unsafe<SessionView>(
  closed(
    {
      id: text,
      nas: text,
      acctSessionId: Type.String({ description: octetsInHex }),
      username: Type.String({ description: octetsInHex }),
      subscriber: nullable(Type.String({ description: "whose it is; null: nobody has this username" })),
      ipv4: nullable(text),
      ipv6: Type.Array(text, { description: "addresses and prefixes" }),
      startedAt: time,
      stoppedAt: nullable(time),
      lastSeenAt: time,
      inputOctets: Type.Number({ description: "from the customer" }),
      outputOctets: Type.Number({ description: "to the customer" }),
      terminateCause: nullable(Type.String({ description: "RFC 2866 section 5.10" })),
      profile: closed(
        {
          desired: profile("what it is to have"),
          applied: profile("what its NAS acknowledged"),
          observed: nullable(
            mapOf(Type.Array(text), { description: "what accounting shows, by attribute; null: nothing yet" }),
          ),
          state: oneOf(["in-force", "pending", "drifted", "unknown"], {
            description:
              "pending: still to be changed; drifted: the NAS acknowledged, but accounting shows another; unknown: the NAS " +
              "fell silent in the middle of a change",
          }),
        },
        { title: "SessionProfile" },
      ),
    },
    { title: "Session", description: "One attachment of a subscriber to a NAS" },
  ),
);
