import { STATUS_CODES } from "node:http";
import type { Socket } from "node:net";
import { PROBLEM_TYPE, problem } from "./errors.ts";

/** What is not HTTP, or breaks off, never becomes a request, so nothing but the socket is there to answer on. */
export function answerClientError(_error: Error, socket: Socket): void {
  if (!socket.writable || socket.destroyed) return;
  const answer = problem("invalid-request", "this is not HTTP/1.1 as it should be, or it broke off");
  const body = JSON.stringify(answer);
  const head = [
    `HTTP/1.1 ${answer.status} ${STATUS_CODES[answer.status]}`,
    "Connection: close",
    `Content-Type: ${PROBLEM_TYPE}`,
    `Content-Length: ${Buffer.byteLength(body)}`,
  ];
  socket.end(`${head.join("\r\n")}\r\n\r\n${body}`);
}
