import { Type } from "typebox";
import type { Queryable } from "../../database/database.ts";
import { MAX_REPORT_BYTES } from "../../intake/report-limits.ts";
import type { ReceiveReport, ReportAnswer } from "../../response/receive-report.ts";
import { type ReportView, reportById } from "../../response/report-view-store.ts";
import { actorOf } from "../actor.ts";
import type { Api } from "../api.ts";
import { recordAudit } from "../audit-store.ts";
import { type Caller, callerOf } from "../caller.ts";
import { ApiError } from "../errors.ts";
import { fileNameIn } from "../file-name.ts";
import { closed, Id, Time } from "../shapes.ts";

const rejected = Type.Unsafe<ReportAnswer["rejected"]>(
  Type.Array(
    closed({
      row: Type.Integer({ description: "the record's number from 1, a header not counted" }),
      code: Type.String(),
      detail: Type.String(),
    }),
  ),
);

const Receipt = closed({
  id: Type.String(),
  accepted: Type.Integer({ description: "stored, whatever their attribution" }),
  duplicates: Type.Integer(),
  rejected,
  cases: Type.Unsafe<ReportAnswer["cases"]>(Type.Array(Type.String())),
});

const types = ["application/json", "text/csv", "application/x-ndjson", "application/gzip"];

export interface ReportSendDependencies {
  readonly database: Queryable;
  readonly receiveReport: (report: ReceiveReport) => Promise<ReportAnswer>;
  readonly now: () => Date;
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
  { database, receiveReport, now }: ReportSendDependencies,
): Promise<void> {
  app.removeAllContentTypeParsers();
  app.addContentTypeParser("*", { parseAs: "buffer", bodyLimit: MAX_REPORT_BYTES }, (_request, body, done) =>
    done(null, body),
  );

  const querystring = closed({
    source: Type.Optional(Id),
    type: Type.Optional(
      Type.String({ maxLength: 100, description: "the Shadowserver report, where the file name does not say it" }),
    ),
  });
  app.post(
    "/v1/reports",
    {
      config: {
        right: "reports:send",
        rawBody: { types, description: "the report as it is; also gzipped" },
        // Only a key that speaks for one source may leave it out.
        requiredQuery: ["source"],
      },
      bodyLimit: MAX_REPORT_BYTES,
      schema: {
        tags: ["reports"],
        summary: "Takes in a report, and does what follows from it",
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
        rejected: answer.rejected.length,
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
  closed({
    id: Type.String(),
    source: Type.String(),
    receivedAt: Time,
    format: Type.String(),
    sha256: Type.String({ description: "of the body as posted, hex" }),
    byteCount: Type.Integer(),
    accepted: Type.Integer(),
    duplicates: Type.Integer(),
    rejected,
    cases: Type.Array(Type.String()),
  }),
);

export function reportRoutes(app: Api, { database }: { readonly database: Queryable }): void {
  app.get(
    "/v1/reports/:id",
    {
      config: { right: "reports:read" },
      schema: {
        tags: ["reports"],
        summary: "What became of a report",
        params: closed({ id: Type.String({ format: "uuid" }) }),
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
