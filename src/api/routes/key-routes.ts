import { randomUUID } from "node:crypto";
import { Type } from "typebox";
import type { Database } from "../../database/database.ts";
import { actorOf } from "../actor.ts";
import type { Api } from "../api.ts";
import { keyDigest, newApiKey } from "../api-key.ts";
import { recordAudit } from "../audit-store.ts";
import { callerOf } from "../caller.ts";
import { ApiError } from "../errors.ts";
import { insertKey, keyById, listKeys, revokeKey, sourceExists } from "../key-store.ts";
import { roles } from "../rights.ts";
import { closed, documented, Id, listQuery, nullable, oneOf, pageOf, pageRequest, Time, Uuid } from "../shapes.ts";

const role = oneOf(roles, { description: "what the key may do; `ingest` only sends the reports of its source" });

const fields = {
  id: Type.String({ format: "uuid" }),
  name: nullable(Type.String({ description: "who or what has it" })),
  role,
  source: nullable(Type.String({ description: "the one source that an ingest key speaks for" })),
  createdAt: Time,
  revokedAt: nullable(Time),
};

const Key = closed(fields, { title: "Key", description: "An API key, but for the key itself: that is not kept" });

const NewKey = closed(
  {
    ...fields,
    key: Type.String({ description: "what to send as `Authorization: Bearer`; only its digest is kept" }),
  },
  { title: "NewKey" },
);

const KeyParams = closed({ id: Uuid });

const created =
  "The key is in this answer and in no other call's: only its digest is stored. Sent with an `Idempotency-Key`, the call " +
  "can be repeated for a day by the same caller, and answers with the same key: the answer is kept for that, sealed. A " +
  "client that sent none and lost the answer finds the new key in `GET /v1/keys`, revokes it and makes another.";

export interface KeyRouteDependencies {
  readonly database: Database;
  readonly now: () => Date;
}

export function keyRoutes(app: Api, { database, now }: KeyRouteDependencies): void {
  const config = { right: "keys:manage" } as const;
  const tags = ["keys"];

  app.get(
    "/v1/keys",
    {
      config,
      schema: {
        operationId: "listKeys",
        tags,
        summary: "Keys, newest first, revoked ones too",
        querystring: listQuery({}),
        response: { 200: pageOf(Key) },
      },
    },
    async (request) => await listKeys(database, pageRequest(request.query)),
  );

  app.get(
    "/v1/keys/:id",
    {
      config,
      schema: { operationId: "getKey", tags, summary: "One key", params: KeyParams, response: { 200: Key } },
    },
    async (request) => {
      const key = await keyById(database, request.params.id);
      if (!key) throw new ApiError("unknown-key", `there is no key ${request.params.id}`);
      return key;
    },
  );

  const body = closed(
    {
      role,
      name: Type.Optional(Type.String({ maxLength: 200, description: "who or what gets it" })),
      source: Type.Optional(documented(Id, "for role `ingest`, and only for it: the source that the key speaks for")),
    },
    { title: "KeyOrder", examples: [{ role: "ingest", name: "Shadowserver fetcher", source: "shadowserver" }] },
  );
  app.post(
    "/v1/keys",
    {
      config: { ...config, problems: ["unknown-source"] },
      schema: {
        operationId: "createKey",
        tags,
        summary: "Makes a key and shows it",
        description: created,
        body,
        response: { 201: NewKey },
      },
    },
    async (request, reply) => {
      const { role, name, source } = request.body;
      await checkSource(role, source);
      const key = newApiKey();
      const record = await database.transaction(async (trx) => {
        const made = await insertKey(trx, {
          id: randomUUID(),
          name: name ?? null,
          role,
          source: source ?? null,
          sha256: keyDigest(key),
          createdBy: callerOf(request).actor,
        });
        await recordAudit(trx, {
          ...actorOf(request),
          action: "key.create",
          subject: `key:${made.id}`,
          detail: { role, name, source },
        });
        return made;
      });
      return await reply.code(201).send({ ...record, key });
    },
  );

  async function checkSource(role: string, source: string | undefined): Promise<void> {
    const fault = (detail: string) =>
      new ApiError("invalid-body", `source ${detail}`, { errors: [{ pointer: "/source", detail }] });
    if (role === "ingest" && source === undefined) throw fault("is missing: an ingest key speaks for one source");
    if (role !== "ingest" && source !== undefined) throw fault("is only for keys of role ingest");
    if (source !== undefined && !(await sourceExists(database, source)))
      throw new ApiError("unknown-source", `there is no source ${source}`);
  }

  app.delete(
    "/v1/keys/:id",
    {
      config,
      schema: {
        operationId: "revokeKey",
        tags,
        summary: "Revokes a key, at once",
        description: "It stays in the list, revoked. Revoked again it is as it was.",
        params: KeyParams,
        response: { 200: Key },
      },
    },
    async (request) =>
      await database.transaction(async (trx) => {
        const revoked = await revokeKey(trx, { id: request.params.id, by: callerOf(request).actor, at: now() });
        if (!revoked) throw new ApiError("unknown-key", `there is no key ${request.params.id}`);
        await recordAudit(trx, { ...actorOf(request), action: "key.revoke", subject: `key:${revoked.id}` });
        return revoked;
      }),
  );
}
