import type { FastifyRequest } from "fastify";
import { Type } from "typebox";
import type { Database } from "../../database/database.ts";
import { ImportError, importRowCodes } from "../../subscriber/import-row.ts";
import { type ImportSummary, importSubscribers } from "../../subscriber/import-subscribers.ts";
import { readCsvRows } from "../../subscriber/read-csv-rows.ts";
import { readNdjsonRows } from "../../subscriber/read-ndjson-rows.ts";
import { SubscriberRecord } from "../../subscriber/subscriber-schema.ts";
import { actorOf } from "../actor.ts";
import type { Api } from "../api.ts";
import { recordAudit } from "../audit-store.ts";
import type { BodyReceiver } from "../bodies/body-receiver.ts";
import type { StreamedBody } from "../bodies/streamed-body.ts";
import { ApiError } from "../errors.ts";
import { type Idempotency, requestDigest } from "../idempotency.ts";
import { RowNumber } from "../observation-fields.ts";
import { closed, oneOf } from "../shapes.ts";
import type { SubscriberPut } from "../subscriber-put.ts";

const MIB = 1024 * 1024;
/** 100 MiB are promised; ten million subscribers are more than that. */
const BODY_LIMIT = 2_048 * MIB;
const CONTENT_LIMIT = 8_192 * MIB;

const csvTypes = ["text/csv", "application/csv"];
const ndjsonTypes = ["application/x-ndjson", "application/ndjson", "application/jsonl"];

const RejectedRow = closed(
  { row: RowNumber, code: oneOf(importRowCodes), detail: Type.String({ description: "in words, for people" }) },
  { title: "RejectedSubscriber" },
);

const Summary = closed(
  {
    accepted: Type.Integer({ description: "created and replaced" }),
    created: Type.Integer(),
    replaced: Type.Integer(),
    passwordsLeft: Type.Integer({ description: "accepted, but for a password that a regeneration withdrew" }),
    rejectedCount: Type.Integer(),
    rejected: Type.Unsafe<ImportSummary["rejected"]>(Type.Array(RejectedRow, { description: "the first 10,000" })),
  },
  { title: "ImportSummary" },
);

const importBodies = {
  "text/csv": {
    description: "A header that names the fields; several usernames or protections are divided by semicolons",
    example: "id,usernames,name,plan.downKbps,plan.upKbps\nalice,alice@isp.example,Alice Example,50000,20000\n",
  },
  "application/x-ndjson": {
    description: "A subscriber a line",
    schema: Type.Unsafe<string>({
      type: "string",
      "x-item-schema": { ...SubscriberRecord, title: "SubscriberRecord" },
    }),
    example: '{"id":"alice","usernames":["alice@isp.example"]}\n',
  },
} as const;

export interface ImportRouteDependencies {
  readonly database: Database;
  readonly put: SubscriberPut;
  readonly idempotency: Idempotency;
  readonly bodies: BodyReceiver;
}

/** The body is not kept: rows are stored while they arrive, and the sender is slowed to what the database takes. */
export async function importRoutes(
  app: Api,
  { database, put, idempotency, bodies }: ImportRouteDependencies,
): Promise<void> {
  app.removeAllContentTypeParsers();
  app.addContentTypeParser([...csvTypes, ...ndjsonTypes], (_request, _payload, done) => done(null, undefined));

  const importBody = async (request: FastifyRequest, body: StreamedBody): Promise<ImportSummary> => {
    const rows = isCsv(request) ? readCsvRows(body.content) : readNdjsonRows(body.content);
    try {
      return await importSubscribers(rows, { database, put });
    } catch (error) {
      if (!(error instanceof ApiError)) await body.drain();
      if (error instanceof ImportError) throw fileProblem(error);
      throw error;
    }
  };

  app.post(
    "/v1/subscribers/import",
    {
      config: {
        right: "subscribers:write",
        idempotency: "own",
        rawBody: importBodies,
        problems: ["malformed-csv", "missing-columns", "unknown-columns", "invalid-compression"],
      },
      schema: {
        operationId: "importSubscribers",
        tags: ["subscribers"],
        summary: "Puts many subscribers; what can be taken is stored when this answers",
        description:
          "The fields of `PUT /v1/subscribers/{id}`, and `id`. Records that cannot be taken are told by their number, and the " +
          "others are stored while they arrive. Bodies of hundreds of megabytes are taken; also gzipped, with " +
          "`Content-Encoding: gzip`.",
        response: { 200: Summary },
      },
    },
    async (request, reply) => {
      const body = await bodies.streamed(request, { limit: BODY_LIMIT, contentLimit: CONTENT_LIMIT });
      const digest = async () => {
        await body.drain();
        return requestDigest(request, body.digest());
      };
      const isAnswered = (await idempotency.known(request))?.status != null;
      if ((await idempotency.begin(request, reply, isAnswered ? await digest() : null)) === "answered") return reply;
      const summary = await importBody(request, body);
      idempotency.learnBody(request, await digest());
      const { rejected: _rows, ...counts } = summary;
      await recordAudit(database, {
        ...actorOf(request),
        action: "subscriber.import",
        subject: "subscriber:*",
        detail: counts,
      });
      return summary;
    },
  );
}

const isCsv = (request: FastifyRequest): boolean =>
  /^(?:text|application)\/csv\b/i.test(request.headers["content-type"] ?? "");

function fileProblem(error: ImportError): ApiError {
  const code =
    error.code === "unknown-column"
      ? "unknown-columns"
      : error.code === "missing-column"
        ? "missing-columns"
        : "malformed-csv";
  return new ApiError(code, error.message);
}
