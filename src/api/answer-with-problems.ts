import { STATUS_CODES } from "node:http";
import type { FastifyError, FastifyReply, FastifyRequest } from "fastify";
import type { Api } from "./api.ts";
import { ApiError, type Problem, problem, problemFrom } from "./errors.ts";

const CONTENT_TYPE = "application/problem+json; charset=utf-8";

/** Answers with a problem, whatever the route's own answers look like. */
export const sendProblem = (reply: FastifyReply, answer: Problem) =>
  reply.code(answer.status).header("content-type", CONTENT_TYPE).serializer(JSON.stringify).send(answer);

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
    if (error instanceof ApiError && error.retryAfterSeconds !== undefined)
      reply.header("retry-after", String(error.retryAfterSeconds));
    return sendProblem(reply, answer);
  });
  // RFC 9110 section 10.1.1: an expectation that we do not know may be passed over; Node would answer it without a word.
  app.server.on("checkExpectation", (request, response) => app.server.emit("request", request, response));
  // What is not HTTP never becomes a request, so nothing but the socket is there to answer on.
  app.server.on("clientError", (_error, socket) => {
    if (!socket.writable || socket.destroyed) return;
    const answer = problem("invalid-request", "this is not HTTP/1.1 as it should be");
    const body = JSON.stringify(answer);
    socket.end(
      `HTTP/1.1 ${answer.status} ${STATUS_CODES[answer.status]}\r\nConnection: close\r\nContent-Type: ${CONTENT_TYPE}\r\nContent-Length: ${Buffer.byteLength(body)}\r\n\r\n${body}`,
    );
  });
}
