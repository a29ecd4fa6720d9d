import { Readable } from "node:stream";
import type { FastifyRequest } from "fastify";
import { Type } from "typebox";
import { attributeAddress } from "../../attribution/attribute-address.ts";
import { type AttributionDependencies, createLineAnswerer, questionFrom } from "../answer-lines.ts";
import type { Api } from "../api.ts";
import { AttributionAnswer, AttributionLine, AttributionQuery, AttributionShape } from "../attribution-shapes.ts";
import type { BodyReceiver } from "../bodies/body-receiver.ts";
import { ApiError } from "../errors.ts";
import { linesOf } from "../lines-of.ts";

const MOST_LINES = 100_000;
const BODY_LIMIT = 32 * 1024 * 1024;
const ndjsonTypes = ["application/x-ndjson", "application/ndjson", "application/jsonl"];

const questions = {
  "application/x-ndjson": {
    description: `A question a line, at most ${MOST_LINES}`,
    schema: Type.Unsafe<string>({ type: "string", "x-item-schema": AttributionLine }),
    example: '{"ip":"203.0.113.7","at":"2026-01-31T12:00:00Z"}\n{"ip":"2001:db8::7"}\n',
  },
} as const;

const answers = {
  description: "An answer a line, in the order of the questions",
  content: {
    "application/x-ndjson": {
      schema: Type.Unsafe<Readable>({ type: "string", "x-item-schema": AttributionAnswer }),
      example:
        '{"row":1,"verdict":"exact","subscriber":"alice","session":"17","candidates":[],"reason":"only alice held it"}\n' +
        '{"row":2,"code":"malformed-row","detail":"is not JSON in UTF-8"}\n',
    },
  },
};

export interface AttributionRouteDependencies extends AttributionDependencies {
  readonly bodies: BodyReceiver;
}

export async function attributionRoutes(app: Api, dependencies: AttributionRouteDependencies): Promise<void> {
  const { database, isOwnAddress, now, bodies } = dependencies;
  const right = "attribution:read" as const;
  const tags = ["attribution"];

  app.get(
    "/v1/attribution",
    {
      config: { right },
      schema: {
        operationId: "attribute",
        tags,
        summary: "Who held this address at that time",
        querystring: AttributionQuery,
        response: { 200: AttributionShape },
      },
    },
    async (request) => {
      const question = questionFrom(request.query, now);
      if (typeof question !== "string") return await attributeAddress(database, question, isOwnAddress);
      const [name = "", detail = ""] = question.split(": ", 2);
      throw new ApiError("invalid-query", question, { errors: [{ pointer: `/${name}`, detail }] });
    },
  );

  await app.register(async (scope: Api) => {
    scope.removeAllContentTypeParsers();
    scope.addContentTypeParser(ndjsonTypes, (request: FastifyRequest, raw: Readable) =>
      bodies.whole(request, raw, { limit: BODY_LIMIT, refusal: "too-many-bodies" }),
    );
    const answerLines = createLineAnswerer(dependencies);
    scope.post(
      "/v1/attribution",
      {
        config: { right, idempotency: "ignored", rawBody: questions, problems: ["too-many-rows"] },
        schema: {
          operationId: "attributeMany",
          tags,
          summary: "Many questions, one a line; answered line by line",
          description: "Changes nothing. A line that cannot be read is told in its place, and the others are answered.",
          response: { 200: answers },
        },
      },
      async (request, reply) => {
        const lines = linesOf(Buffer.isBuffer(request.body) ? request.body : Buffer.alloc(0), MOST_LINES);
        if (lines.length > MOST_LINES) throw new ApiError("too-many-rows", `at most ${MOST_LINES} lines are taken`);
        reply.header("content-type", "application/x-ndjson; charset=utf-8");
        return await reply.send(Readable.from(answerLines(lines)));
      },
    );
  });
}
