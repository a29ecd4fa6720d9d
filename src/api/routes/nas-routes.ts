import { type Static, Type } from "typebox";
import type { Database } from "../../database/database.ts";
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
import { NasBody, NasView } from "../nas-shapes.ts";
import { checkVendor, type VendorList } from "../nas-vendors.ts";
import { pageOfIds } from "../page-of-ids.ts";
import type { ProblemCode } from "../problem-codes.ts";
import { removeNas } from "../remove-nas.ts";
import { closed, Id, listQuery, pageOf, pageRequest } from "../shapes.ts";

const nasProblems = [
  "unknown-vendor",
  "unknown-attribute",
  "invalid-attribute-value",
  "attribute-not-allowed",
  "profile-too-large",
  "secret-required",
  "address-taken",
] as const satisfies readonly ProblemCode[];

export interface NasRouteDependencies {
  readonly database: Database;
  readonly nasDirectory: NasDirectory;
  readonly vendors: VendorList;
  readonly attributes: AttributeCheck;
  readonly now: () => Date;
}

export function nasRoutes(app: Api, { database, nasDirectory, vendors, attributes, now }: NasRouteDependencies): void {
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
      schema: {
        operationId: "listNases",
        tags,
        summary: "All NASes, by id",
        querystring: listQuery({}),
        response: { 200: pageOf(NasView) },
      },
    },
    async (request) => {
      const { items, next } = pageOfIds(nasDirectory.all(), pageRequest(request.query));
      return { items: items.map(view), next };
    },
  );

  app.get(
    "/v1/nas/:id",
    {
      config: reading,
      schema: {
        operationId: "getNas",
        tags,
        summary: "One NAS, without its secret",
        params,
        response: { 200: NasView },
      },
    },
    async (request) => view(known(request.params.id)),
  );

  app.put(
    "/v1/nas/:id",
    {
      config: { ...writing, problems: nasProblems },
      schema: {
        operationId: "putNas",
        tags,
        summary: "Creates or replaces a NAS",
        description:
          "Replaces: what is left out gets its default again, but for the secret, which stays. Its packets are answered " +
          "from this answer on.",
        params,
        body: NasBody,
        response: { 200: NasView, 201: NasView },
      },
    },
    async (request, reply) => {
      const { id } = request.params;
      checkSameId(id, request.body.id);
      checkVendor(request.body.vendor, vendors);
      const { sessionKeys } = request.body.coa ?? {};
      if (sessionKeys) checkSessionKeys(sessionKeys, attributes);
      const before = nasDirectory.byId(id);
      const stored = await nasDirectory.put(inputFrom(id, request.body));
      const given = { secretChanged: before !== undefined && request.body.secret !== undefined };
      const detail = changedFields(before && audited(before), audited(stored), given);
      if (detail) await recordAudit(database, { ...actorOf(request), action: "nas.put", subject: `nas:${id}`, detail });
      return await reply.code(before ? 200 : 201).send(view(stored));
    },
  );

  app.delete(
    "/v1/nas/:id",
    {
      config: { ...writing, problems: ["nas-in-use"] },
      schema: {
        operationId: "deleteNas",
        tags,
        summary: "Removes a NAS: its packets are dropped from then on",
        description:
          "Not while it has open sessions: nothing could be sent about them any more. One of which nothing was heard for " +
          "a day is taken to be gone for good; what it left open ends then as stale, when it was last seen.",
        params,
        response: { 204: Type.Null() },
      },
    },
    async (request, reply) => {
      const before = known(request.params.id);
      const sessionsEnded = await removeNas({ database, nasDirectory, now }, before.id);
      const detail = { before: audited(before), after: null, ...(sessionsEnded > 0 && { sessionsEnded }) };
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
