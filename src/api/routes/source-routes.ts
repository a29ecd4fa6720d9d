import { type Static, Type } from "typebox";
import type { Database, Queryable } from "../../database/database.ts";
import { type Source, sourceKinds } from "../../intake/source.ts";
import { deleteSource, listSources, putSource, type SourceInput, sourceById } from "../../intake/source-store.ts";
import { actorOf } from "../actor.ts";
import type { Api } from "../api.ts";
import { recordAudit } from "../audit-store.ts";
import { removeBreaker } from "../breaker-removal-store.ts";
import { changedFields } from "../changed-fields.ts";
import { checkSameId } from "../check-same-id.ts";
import { ApiError } from "../errors.ts";
import { anything, closed, documented, Id, listQuery, oneOf, pageOf, pageRequest } from "../shapes.ts";

const fields = {
  kind: oneOf(sourceKinds, { description: "monitoring: the provider's own, whose formats nobody else may send" }),
  trust: Type.Integer({ minimum: 0, maximum: 100, description: "from 80 on, the shipped playbooks act on one report" }),
  categories: Type.Optional(
    Type.Array(Type.String({ maxLength: 60 }), {
      maxItems: 50,
      description: "what it may report, in any of the words that reports use; absent: everything",
    }),
  ),
  maxObservationsPerHour: Type.Optional(
    Type.Integer({
      minimum: 1,
      maximum: 2_147_483_647,
      description: "absent: no limit; rows that are the source's own mistakes count, too, from as many on",
    }),
  ),
  mail: Type.Optional(
    Type.Unsafe<NonNullable<SourceInput["mail"]>>(
      anything("kept as given, and shown to whoever may read sources: no place for a password"),
    ),
  ),
};

const SourceBody = closed(
  { id: Type.Optional(documented(Id, "that of the address, if given")), ...fields },
  { title: "SourceInput", examples: [{ kind: "third-party", trust: 90, categories: ["botnet", "spam"] }] },
);
const SourceView = Type.Unsafe<Source>(
  closed({ id: Type.String(), ...fields }, { title: "Source", description: "Who sends reports" }),
);

const inputFrom = (id: string, body: Static<typeof SourceBody>): SourceInput => {
  const { kind, trust, categories, maxObservationsPerHour, mail } = body;
  return {
    id,
    kind,
    trust,
    ...(categories ? { categories } : {}),
    ...(maxObservationsPerHour === undefined ? {} : { maxObservationsPerHour }),
    ...(mail === undefined ? {} : { mail }),
  };
};

export function sourceRoutes(app: Api, { database }: { readonly database: Database }): void {
  const reading = { right: "sources:read" } as const;
  const writing = { right: "sources:write" } as const;
  const tags = ["sources"];
  const params = closed({ id: Id });

  const known = async (on: Queryable, id: string): Promise<Source> => {
    const source = await sourceById(on, id);
    if (!source) throw new ApiError("unknown-source", `there is no source ${id}`);
    return source;
  };

  app.get(
    "/v1/sources",
    {
      config: reading,
      schema: {
        operationId: "listSources",
        tags,
        summary: "Sources, by id",
        querystring: listQuery({}),
        response: { 200: pageOf(SourceView) },
      },
    },
    async (request) => await listSources(database, pageRequest(request.query)),
  );

  app.get(
    "/v1/sources/:id",
    {
      config: reading,
      schema: { operationId: "getSource", tags, summary: "One source", params, response: { 200: SourceView } },
    },
    async (request) => await known(database, request.params.id),
  );

  app.put(
    "/v1/sources/:id",
    {
      config: { ...writing, problems: ["unknown-category"] },
      schema: {
        operationId: "putSource",
        tags,
        summary: "Creates or replaces a source",
        params,
        body: SourceBody,
        response: { 200: SourceView, 201: SourceView },
      },
    },
    async (request, reply) => {
      const { id } = request.params;
      checkSameId(id, request.body.id);
      const { before, after } = await database.transaction(async (trx) => {
        const was = await sourceById(trx, id);
        const stored = await putSource(trx, inputFrom(id, request.body));
        const detail = changedFields(was && { ...was }, { ...stored });
        if (detail)
          await recordAudit(trx, { ...actorOf(request), action: "source.put", subject: `source:${id}`, detail });
        return { before: was, after: stored };
      });
      return await reply.code(before ? 200 : 201).send(after);
    },
  );

  app.delete(
    "/v1/sources/:id",
    {
      config: { ...writing, problems: ["source-in-use"] },
      schema: {
        operationId: "deleteSource",
        tags,
        summary: "Removes a source that has sent no report",
        params,
        response: { 204: Type.Null() },
      },
    },
    async (request, reply) => {
      const { id } = request.params;
      await database.transaction(async (trx) => {
        const before = await known(trx, id);
        await deleteSource(trx, id);
        await removeBreaker(trx, `source:${id}`);
        const detail = { before, after: null };
        await recordAudit(trx, { ...actorOf(request), action: "source.delete", subject: `source:${id}`, detail });
      });
      return await reply.code(204).send(null);
    },
  );
}
