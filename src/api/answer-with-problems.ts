import type { FastifyError, FastifyReply, FastifyRequest } from "fastify";
import type { Api } from "./api.ts";
import { ApiError, PROBLEM_TYPE, type Problem, problemFrom } from "./errors.ts";
import type { ProblemCode } from "./problem-codes.ts";

/** Answers with a problem, whatever the route's own answers look like. */
export const sendProblem = (reply: FastifyReply, answer: Problem) =>
  reply.code(answer.status).header("content-type", PROBLEM_TYPE).serializer(JSON.stringify).send(answer);

/** When to come again, where whoever refuses cannot know it better. */
const retrySeconds: Partial<Record<ProblemCode, number>> = {
  "too-many-bodies": 30,
  "too-many-reports": 30,
  "too-many-listeners": 30,
};

/** Makes every error answer of the API an RFC 9457 document; what is our fault is logged with its cause. */
export function answerWithProblems(app: Api): void {
  app.setSerializerCompiler(() => (data) => JSON.stringify(data));
  app.setErrorHandler((error: FastifyError | Error, request: FastifyRequest, reply: FastifyReply) => {
    const answer = problemFrom(error, request.routeOptions.url);
    if (answer.status >= 500) {
      const { method } = request;
      const log = answer.code === "internal" ? request.log.error.bind(request.log) : request.log.warn.bind(request.log);
      log({ err: error, method, route: request.routeOptions.url }, "a request failed");
    }
    const seconds = (error instanceof ApiError ? error.retryAfterSeconds : undefined) ?? retrySeconds[answer.code];
    if (seconds !== undefined) reply.header("retry-after", String(seconds));
    // RFC 9110 section 15.5.9: what is still to come of the body is not waited for.
    if (answer.code === "body-too-slow") reply.header("connection", "close");
    return sendProblem(reply, answer);
  });
  // RFC 9110 section 10.1.1: an expectation that we do not know may be passed over; Node would answer it without a word.
  app.server.on("checkExpectation", (request, response) => app.server.emit("request", request, response));
  // RFC 9112 section 3.2. Node would refuse it without a word, too.
  app.addHook("onRequest", async ({ headers, raw }) => {
    if (raw.httpVersion === "1.1" && headers.host === undefined)
      throw new ApiError("invalid-request", "the request has no Host header");
  });
}
