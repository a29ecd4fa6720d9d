import { type Static, Type } from "typebox";
import type { Database } from "../../database/database.ts";
import { measureKinds } from "../../enforcement/measure.ts";
import type { Nas } from "../../nas/nas.ts";
import type { NasDirectory } from "../../nas/nas-directory.ts";
import type { NasInput } from "../../nas/nas-store.ts";
import { actorOf } from "../actor.ts";
import type { Api } from "../api.ts";
import { recordAudit } from "../audit-store.ts";
import { changedFields } from "../changed-fields.ts";
import { checkSameId } from "../check-same-id.ts";
import { ApiError } from "../errors.ts";
import { type AttributeCheck, checkSessionKeys, profilesView, readProfiles } from "../nas-profiles.ts";
import { checkVendor, type VendorList } from "../nas-vendors.ts";
import { pageOfIds } from "../page-of-ids.ts";
import { closed, Id, IpAddress, listQuery, nullable, pageOf, pageRequest, Time } from "../shapes.ts";

const rule = Type.Enum(["require", "auto", "off"]);

const Coa = closed({
  maxInFlight: Type.Optional(Type.Integer({ minimum: 1, maximum: 65_536 })),
  ratePerSecond: Type.Optional(Type.Number({ exclusiveMinimum: 0, maximum: 1_000_000 })),
  messageAuthenticator: Type.Optional(Type.Boolean()),
  sessionKeys: Type.Optional(
    Type.Array(Type.String({ minLength: 1, maxLength: 100 }), { maxItems: 20, uniqueItems: true }),
  ),
  timeoutMs: Type.Optional(
    Type.Integer({ minimum: 10, maximum: 60_000, description: "the first wait; it doubles, with jitter" }),
  ),
  retries: Type.Optional(
    Type.Integer({ minimum: 0, maximum: 20, description: "retransmissions after the first datagram" }),
  ),
  changePort: Type.Optional(Type.Boolean()),
});

const profile = Type.Optional(
  Type.Unsafe<unknown>({
    type: ["object", "array"],
    description: '{"Filter-Id": "a", "Cisco-AVPair": ["b", "c"]}, or [{"name": …, "tag": …, "value": …}]',
  }),
);

const NasBody = closed({
  id: Type.Optional(Id),
  address: IpAddress,
  secret: Type.Optional(Type.String({ minLength: 1, maxLength: 255, description: "absent: the one before stays" })),
  vendor: Type.String({ maxLength: 40 }),
  coaPort: Type.Optional(Type.Integer({ minimum: 1, maximum: 65_535 })),
  identifier: Type.Optional(Type.String({ minLength: 1, maxLength: 253 })),
  requireMessageAuthenticator: Type.Optional(rule),
  coa: Type.Optional(Coa),
  profiles: Type.Optional(
    closed(Object.fromEntries([...measureKinds, "none"].map((kind) => [kind, profile])), {
      description: "what each measure is on this NAS, by attribute name; none: what an unrestricted session gets",
    }),
  ),
});

const NasView = closed({
  id: Type.String(),
  address: Type.String(),
  vendor: Type.String(),
  coaPort: Type.Integer(),
  identifier: nullable(Type.String()),
  requireMessageAuthenticator: rule,
  coa: Type.Unsafe<Nas["coa"]>(Coa),
  profiles: Type.Record(Type.String(), Type.Record(Type.String(), Type.Unknown())),
  createdAt: Time,
  updatedAt: Time,
});

export interface NasRouteDependencies {
  readonly database: Database;
  readonly nasDirectory: NasDirectory;
  readonly vendors: VendorList;
  readonly attributes: AttributeCheck;
}

export function nasRoutes(app: Api, { database, nasDirectory, vendors, attributes }: NasRouteDependencies): void {
  const reading = { right: "nas:read" } as const;
  const writing = { right: "nas:write" } as const;
  const tags = ["nas"];
  const params = closed({ id: Id });

  const view = (nas: Nas): Static<typeof NasView> => ({
    id: nas.id,
    address: nas.address,
    vendor: nas.vendor,
    coaPort: nas.coaPort ?? vendors.defaultCoaPort(nas.vendor),
    identifier: nas.identifier ?? null,
    requireMessageAuthenticator: nas.requireMessageAuthenticator,
    coa: nas.coa,
    profiles: profilesView(nas.profiles),
    createdAt: nas.createdAt,
    updatedAt: nas.updatedAt,
  });
  const inputFrom = (id: string, body: Static<typeof NasBody>): NasInput => {
    const { address, secret, vendor, coaPort, identifier, requireMessageAuthenticator, coa, profiles } = body;
    return {
      id,
      address: unmapped(address),
      vendor,
      ...(secret === undefined ? {} : { secret }),
      ...(coaPort === undefined ? {} : { coaPort }),
      ...(identifier === undefined ? {} : { identifier }),
      ...(requireMessageAuthenticator ? { requireMessageAuthenticator } : {}),
      ...(coa ? { coa } : {}),
      profiles: readProfiles(profiles ?? {}, attributes),
    };
  };
  const known = (id: string): Nas => {
    const nas = nasDirectory.byId(id);
    if (!nas) throw new ApiError("unknown-nas", `there is no NAS ${id}`);
    return nas;
  };

  app.get(
    "/v1/nas",
    {
      config: reading,
      schema: { tags, summary: "All NASes", querystring: listQuery({}), response: { 200: pageOf(NasView) } },
    },
    async (request) => {
      const { items, next } = pageOfIds(nasDirectory.all(), pageRequest(request.query));
      return { items: items.map(view), next };
    },
  );

  app.get(
    "/v1/nas/:id",
    { config: reading, schema: { tags, summary: "One NAS, without its secret", params, response: { 200: NasView } } },
    async (request) => view(known(request.params.id)),
  );

  app.put(
    "/v1/nas/:id",
    {
      config: writing,
      schema: {
        tags,
        summary: "Creates or replaces a NAS",
        params,
        body: NasBody,
        response: { 200: NasView, 201: NasView },
      },
    },
    async (request, reply) => {
      const { id } = request.params;
      checkSameId(id, request.body.id);
      checkVendor(request.body.vendor, vendors);
      checkSessionKeys(request.body.coa?.sessionKeys ?? [], attributes);
      const before = nasDirectory.byId(id);
      const stored = await nasDirectory.put(inputFrom(id, request.body));
      const { before: was, after } = changedFields(before && audited(before), audited(stored));
      const detail = { before: was, after, secretChanged: before !== undefined && request.body.secret !== undefined };
      await recordAudit(database, { ...actorOf(request), action: "nas.put", subject: `nas:${id}`, detail });
      return await reply.code(before ? 200 : 201).send(view(stored));
    },
  );

  app.delete(
    "/v1/nas/:id",
    {
      config: writing,
      schema: {
        tags,
        summary: "Removes a NAS: its packets are dropped from then on",
        params,
        response: { 204: Type.Null() },
      },
    },
    async (request, reply) => {
      const before = known(request.params.id);
      await nasDirectory.remove(before.id);
      const detail = { before: audited(before), after: null };
      await recordAudit(database, { ...actorOf(request), action: "nas.delete", subject: `nas:${before.id}`, detail });
      return await reply.code(204).send(null);
    },
  );
}

/** Sockets tell an IPv4 peer's address as IPv4, so that is how a NAS is known. */
const unmapped = (address: string): string => /^::ffff:(\d+\.\d+\.\d+\.\d+)$/i.exec(address)?.[1] ?? address;

/** A NAS as the audit may keep it. */
function audited(nas: Nas): Record<string, unknown> {
  const { secret: _secret, createdAt: _created, updatedAt: _updated, messageAuthenticatorSeen: _seen, ...rest } = nas;
  return { ...rest };
}
