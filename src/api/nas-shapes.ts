import { type TProperties, type TSchema, Type } from "typebox";
import { type Nas, profileNames } from "../nas/nas.ts";
import { closed, documented, documentedAs, Id, IpAddress, mapOf, nullable, oneOf, Time } from "./shapes.ts";

const MessageAuthenticatorShape = oneOf(["require", "auto", "off"], {
  description:
    "whether its Access-Requests must be signed (CVE-2024-3596). auto: from the first signed one on; absent: auto",
});

/** What a NAS's CoA port takes. Each field has the vendor's default. */
const CoaShape = closed(
  {
    maxInFlight: Type.Optional(
      Type.Integer({ minimum: 1, maximum: 65_536, description: "requests that may wait for its answer at once" }),
    ),
    ratePerSecond: Type.Optional(
      Type.Number({
        exclusiveMinimum: 0,
        maximum: 1_000_000,
        description: "datagrams a second, repeated ones counted",
      }),
    ),
    messageAuthenticator: Type.Optional(
      Type.Boolean({ description: "whether requests carry a Message-Authenticator" }),
    ),
    sessionKeys: Type.Optional(
      Type.Array(Type.String({ minLength: 1, maxLength: 100 }), {
        maxItems: 20,
        uniqueItems: true,
        description: "the attributes that name a session to it, in place of the vendor's own",
      }),
    ),
    timeoutMs: Type.Optional(
      Type.Integer({ minimum: 10, maximum: 60_000, description: "the first wait; it doubles, with jitter" }),
    ),
    retries: Type.Optional(
      Type.Integer({ minimum: 0, maximum: 20, description: "retransmissions after the first datagram" }),
    ),
    changePort: Type.Optional(Type.Boolean({ description: "another source port for each request" })),
  },
  { title: "CoaSettings", description: "Each field that is left out has the vendor's default" },
);

const value = Type.Union([Type.String(), Type.Number()]);

const byName = mapOf(Type.Union([value, Type.Array(value)]), {
  title: "AttributesByName",
  description: "`Name` or `Name:tag` of each attribute, and its value, or its values",
  examples: [{ "Filter-Id": "garden", "ERX-Service-Activate:1": "garden", "Cisco-AVPair": ["a=b", "c=d"] }],
});

const listed = Type.Array(
  closed({ name: Type.String(), tag: Type.Optional(Type.Integer({ minimum: 0, maximum: 31 })), value }),
  { title: "AttributeList" },
);

const ofEachKind = <T extends TSchema>(profile: T): TProperties =>
  Object.fromEntries(profileNames.map((kind) => [kind, Type.Optional(profile)]));

const description =
  "what each measure is on this NAS, by attribute name, in place of its vendor's; none: what an unrestricted session gets";

/** Either form, read by src/api/nas-profiles.ts, which tells what is wrong with which profile or attribute. */
const ProfilesBody = documentedAs(
  Type.Object(ofEachKind(Type.Unsafe<unknown>({ type: ["object", "array"] }))),
  closed(ofEachKind(Type.Union([byName, listed])), { title: "ProfilesInput", description }),
);

const ProfilesShape = Type.Unsafe<Record<string, Record<string, unknown>>>(
  closed(ofEachKind(byName), { title: "Profiles", description }),
);

const coaPort = Type.Integer({ minimum: 1, maximum: 65_535, description: "absent: the vendor's own" });
const identifier = Type.String({
  minLength: 1,
  maxLength: 253,
  description: "its NAS-Identifier, where several are behind one address: packets with another one are not its own",
});

/** The body of PUT /v1/nas/{id}. */
export const NasBody = closed(
  {
    id: Type.Optional(documented(Id, "that of the address, if given")),
    address: documented(IpAddress, "the IPv4 or IPv6 address that its packets come from, and that requests go to"),
    secret: Type.Optional(
      Type.String({ minLength: 1, maxLength: 255, description: "shared with it; absent: the one before stays" }),
    ),
    vendor: Type.String({ maxLength: 40, examples: ["generic"], description: "`generic` fits what speaks RADIUS" }),
    coaPort: Type.Optional(coaPort),
    identifier: Type.Optional(identifier),
    requireMessageAuthenticator: Type.Optional(MessageAuthenticatorShape),
    coa: Type.Optional(CoaShape),
    profiles: Type.Optional(ProfilesBody),
  },
  {
    title: "NasInput",
    examples: [{ address: "192.0.2.10", secret: "a-long-random-secret", vendor: "juniper", coa: { retries: 3 } }],
  },
);

/** A NAS as the API shows it. */
export const NasView = closed(
  {
    id: Type.String(),
    address: Type.String(),
    vendor: Type.String(),
    coaPort: Type.Integer(),
    identifier: nullable(identifier),
    requireMessageAuthenticator: MessageAuthenticatorShape,
    coa: Type.Unsafe<Nas["coa"]>(CoaShape),
    profiles: ProfilesShape,
    createdAt: Time,
    updatedAt: Time,
  },
  { title: "Nas", description: "A network access server, without its secret" },
);
