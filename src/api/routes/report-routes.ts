import type { Readable } from "node:stream";
import type { FastifyRequest } from "fastify";
import { Type } from "typebox";
import type { Queryable } from "../../database/database.ts";
import { rowCodes } from "../../intake/observation.ts";
import { MAX_REPORT_BYTES } from "../../intake/report-limits.ts";
import type { ReceiveReport, ReportAnswer } from "../../response/receive-report.ts";
import { type ReportView, reportById } from "../../response/report-view-store.ts";
import { notExactReasons } from "../../response/why-not-exact.ts";
import { actorOf } from "../actor.ts";
import type { Api } from "../api.ts";
import { recordAudit } from "../audit-store.ts";
import type { BodyReceiver } from "../bodies/body-receiver.ts";
import { type Caller, callerOf } from "../caller.ts";
import { ApiError } from "../errors.ts";
import { fileNameIn } from "../file-name.ts";
import { RowNumber } from "../observation-fields.ts";
import { reportBodies, reportProblems } from "../report-bodies.ts";
import { closed, documented, Id, oneOf, Time, Uuid } from "../shapes.ts";

const rowCode = oneOf(Object.keys(rowCodes), { description: "stable; docs/errors.md explains each" });

const Rejection = closed(
  { row: RowNumber, code: rowCode, detail: Type.String({ description: "in words, for people" }) },
  { title: "Rejection", description: "A record that was left out; the others are kept" },
);
const rejected = {
  rejected: Type.Unsafe<ReportAnswer["rejected"]>(Type.Array(Rejection, { description: "the first thousand" })),
  rejectedCount: Type.Optional(Type.Integer({ description: "how many there are; absent: `rejected` has them all" })),
};

const counts = {
  accepted: Type.Integer({ description: "stored, whatever their attribution" }),
  duplicates: Type.Integer({ description: "this source has claimed the same before" }),
};

const count = Type.Integer();
const NotExact = closed(
  {
    verdict: oneOf(["ambiguous", "none"]),
    why: oneOf(Object.keys(notExactReasons), { description: "stable" }),
    reason: Type.String({ description: "in words, for people; it names nobody" }),
    count,
    rows: Type.Array(RowNumber, { description: "the first twenty" }),
  },
  { title: "NotExact", description: "Records of which nothing follows by itself, for one and the same reason" },
);
const Verdicts = closed(
  { exact: count, ambiguous: count, none: count },
  {
    title: "VerdictCounts",
    description: "How many of the observations name one customer for sure, only perhaps, or nobody",
  },
);
const verdicts = {
  verdicts: Verdicts,
  notExact: Type.Unsafe<ReportAnswer["notExact"]>(
    Type.Array(NotExact, {
      description:
        "why the others do not name one for sure. They are asked again for a day, as records come in, and whenever " +
        "they are sent again",
    }),
  ),
};

const Receipt = closed(
  {
    id: Type.String({ format: "uuid" }),
    ...counts,
    ...rejected,
    ...verdicts,
    attributedLater: Type.Optional(
      Type.Integer({
        description:
          "so many of the duplicates named nobody for sure when they came first, and do by now; absent: none",
      }),
    ),
    cases: Type.Unsafe<ReportAnswer["cases"]>(
      Type.Array(Type.String(), { description: "the cases that it opened or added to" }),
    ),
  },
  { title: "ReportReceipt" },
);

export interface ReportSendDependencies {
  readonly database: Queryable;
  readonly receiveReport: (report: ReceiveReport) => Promise<ReportAnswer>;
  readonly now: () => Date;
  readonly bodies: BodyReceiver;
}

/** The source that a report is from: the one it says, or the one that the key speaks for. */
function sourceOf(caller: Caller, said: string | undefined): string {
  const sourceId = said ?? caller.sourceId;
  if (sourceId === undefined)
    throw new ApiError("invalid-query", "/source is missing", {
      errors: [{ pointer: "/source", detail: "is missing" }],
    });
  if (caller.sourceId !== undefined && caller.sourceId !== sourceId)
    throw new ApiError("forbidden", `this key speaks for source ${caller.sourceId} only`);
  return sourceId;
}

/** POST takes the report's own octets, whatever they are: its reader says what is wrong with them. */
export async function reportSendRoutes(
  app: Api,
  { database, receiveReport, now, bodies }: ReportSendDependencies,
): Promise<void> {
  app.removeAllContentTypeParsers();
  app.addContentTypeParser("*", (request: FastifyRequest, raw: Readable) =>
    bodies.whole(request, raw, { limit: MAX_REPORT_BYTES, refusal: "too-many-reports" }),
  );

  const querystring = closed({
    source: Type.Optional(documented(Id, "who reports")),
    type: Type.Optional(
      Type.String({
        maxLength: 100,
        description:
          "of Shadowserver's CSV: which report it is, for example `event4_sinkhole`; absent: the file's name in " +
          "Content-Disposition says it",
      }),
    ),
  });
  app.post(
    "/v1/reports",
    {
      config: {
        right: "reports:send",
        rawBody: reportBodies,
        problems: reportProblems,
        // Only a key that speaks for one source may leave it out.
        requiredQuery: ["source"],
      },
      schema: {
        operationId: "sendReport",
        tags: ["reports"],
        summary: "Takes in a report, and does what follows from it",
        description:
          "The body is the report as it is, by its Content-Type; also gzipped, with `Content-Encoding: gzip` or as " +
          "`application/gzip`. Records that cannot be read are told by their number, and the others are kept. When this " +
          "answers, the observations are stored, their cases opened and measures ordered. The same report again changes " +
          "nothing, but that what named nobody for sure is asked again: accounting may have come since. A key of role `ingest` may leave `source` out.",
        querystring,
        response: { 202: Receipt },
      },
    },
    async (request, reply) => {
      const { headers } = request;
      const sourceId = sourceOf(callerOf(request), request.query.source);
      const answer = await receiveReport({
        sourceId,
        contentType: headers["content-type"] ?? "",
        contentEncoding: headers["content-encoding"],
        fileName: fileNameIn(headers["content-disposition"]),
        reportType: request.query.type,
        body: Buffer.isBuffer(request.body) ? request.body : Buffer.alloc(0),
        now: now(),
      });
      const detail = {
        source: sourceId,
        accepted: answer.accepted,
        duplicates: answer.duplicates,
        rejected: answer.rejectedCount ?? answer.rejected.length,
        ...answer.verdicts,
        ...(answer.attributedLater !== undefined && { attributedLater: answer.attributedLater }),
      };
      await recordAudit(database, {
        ...actorOf(request),
        action: "report.receive",
        subject: `report:${answer.id}`,
        detail,
      });
      return await reply.code(202).send(answer);
    },
  );
}

const ReportShape = Type.Unsafe<ReportView>(
  closed(
    {
      id: Type.String({ format: "uuid" }),
      source: Type.String(),
      receivedAt: Time,
      format: Type.String({ description: "as what it was read" }),
      sha256: Type.String({ pattern: "^[0-9a-f]{64}$", description: "of the body as posted" }),
      byteCount: Type.Integer({ description: "of the body as posted" }),
      ...counts,
      ...rejected,
      ...verdicts,
      cases: Type.Array(Type.String(), { description: "the cases that its observations belong to" }),
    },
    { title: "Report" },
  ),
);

export function reportRoutes(app: Api, { database }: { readonly database: Queryable }): void {
  app.get(
    "/v1/reports/:id",
    {
      config: { right: "reports:read" },
      schema: {
        operationId: "getReport",
        tags: ["reports"],
        summary: "What became of a report",
        description: "A key of role `ingest` sees the reports of its own source only.",
        params: closed({ id: Uuid }),
        response: { 200: ReportShape },
      },
    },
    async (request) => {
      const report = await reportById(database, request.params.id);
      const { sourceId } = callerOf(request);
      // Another source's report is not there for a key that speaks for one source.
      if (!report || (sourceId !== undefined && report.source !== sourceId))
        throw new ApiError("unknown-report", `there is no report ${request.params.id}`);
      return report;
    },
  );
}
