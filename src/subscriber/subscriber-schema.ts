import { type Static, type TSchema, Type } from "typebox";
import { protections, subscriberClasses } from "./subscriber.ts";

/** RFC 2865 section 5.1: a User-Name has at most 253 octets; section 5.2: a User-Password at most 128. */
const USERNAME_OCTETS = 253;
const PASSWORD_OCTETS = 128;

/** Text on one line: no control characters. */
const line = (maxLength: number, more: { minLength?: number; description?: string } = {}) =>
  Type.String({ pattern: "^[^\\u0000-\\u001f\\u007f]*$", maxLength, ...more });

const rate = Type.Integer({ minimum: 1, maximum: 1_000_000_000 });

/** The schema, or null: one "type" keyword rather than a union, so that a fault is told once and plainly. */
const orNull = <T extends TSchema & { type: string }>(schema: T) =>
  Type.Optional(Type.Unsafe<Static<T> | null>({ ...schema, type: [schema.type, "null"] }));

const fields = {
  usernames: Type.Array(line(USERNAME_OCTETS, { minLength: 1 }), {
    maxItems: 100,
    uniqueItems: true,
    description:
      "User-Names of RADIUS. One that nobody has exactly belongs to the only subscriber who has it but for upper case and outer " +
      "spaces. `0x` and hex is who logs in with these very letters, or with these octets where they are no text",
  }),
  name: orNull(line(200)),
  email: orNull(Type.String({ pattern: "^[^\\s@\\u0000]+@[^\\s@\\u0000]+$", maxLength: 254 })),
  phone: orNull(Type.String({ pattern: "^[+0-9 ()./-]{1,40}$" })),
  locale: orNull(
    Type.String({ pattern: "^[A-Za-z]{2,8}([-_][A-Za-z0-9]{1,8})*$", maxLength: 35, description: "en-AU" }),
  ),
  class: Type.Optional(Type.Enum([...subscriberClasses])),
  plan: orNull(Type.Object({ downKbps: rate, upKbps: rate }, { additionalProperties: false })),
  protections: Type.Optional(
    Type.Array(Type.Enum([...protections]), { uniqueItems: true, maxItems: protections.length }),
  ),
  credential: Type.Optional(
    Type.Object(
      { password: Type.String({ minLength: 1, maxLength: PASSWORD_OCTETS, pattern: "^[^\\u0000]*$" }) },
      { additionalProperties: false, description: "never given back; absent: the one before stays" },
    ),
  ),
};

/** A subscriber's id is the operator's own; one that was made by itself is called after its User-Name. */
const SubscriberId = line(USERNAME_OCTETS, { minLength: 1 });

/** The body of PUT /v1/subscribers/{id}. */
export const SubscriberBody = Type.Object(
  { id: Type.Optional(SubscriberId), ...fields },
  { additionalProperties: false },
);

/** One record of an import. */
export const SubscriberRecord = Type.Object({ id: SubscriberId, ...fields }, { additionalProperties: false });
