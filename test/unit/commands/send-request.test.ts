import { createSocket, type RemoteInfo, type Socket } from "node:dgram";
import { once } from "node:events";
import { afterEach, expect, test } from "vitest";
import { type Answer, sendRequest } from "../../../src/commands/radclient/send-request.ts";
import { openUdpLane } from "../../../src/commands/radclient/udp-lane.ts";
import { Code } from "../../../src/radius/code.ts";
import { encodeRequest, encodeResponse } from "../../../src/radius/encode-packet.ts";
import { packetIn } from "../../support/wire.ts";

const secret = Buffer.from("the secret");
const octets = encodeRequest({
  code: Code.AccountingRequest,
  identifier: 7,
  attributes: [],
  secret,
  messageAuthenticator: false,
});

let server: Socket | undefined;
afterEach(() => {
  server?.close();
  server = undefined;
});

const answerWith =
  (signedWith: Buffer, code: number = Code.AccountingResponse) =>
  (request: Buffer) =>
    encodeResponse({
      code,
      request: packetIn(request),
      attributes: [],
      secret: signedWith,
      messageAuthenticator: false,
    });

/** Sends to a server that answers the n-th datagram with the n-th of `answers`, then is silent. */
async function ask(answers: readonly ((request: Buffer) => Buffer)[]) {
  const bound = createSocket("udp4").bind(0, "127.0.0.1");
  server = bound;
  await once(bound, "listening");
  const received: Buffer[] = [];
  bound.on("message", (request: Buffer, from: RemoteInfo) => {
    const answer = answers[received.length];
    received.push(request);
    if (answer) bound.send(answer(request), from.port, from.address);
  });
  const ignored: string[] = [];
  const lane = await openUdpLane({ address: "127.0.0.1", family: 4, port: bound.address().port });
  const told = { onTransmit: () => undefined, onIgnored: (reason: string) => ignored.push(reason) };
  const answer: Answer = await sendRequest({ lane, octets, secret, tries: 3, timeoutMs: 60, ...told });
  lane.close();
  return { answer, ignored, received };
}

test("a forged answer and one of the wrong kind do not count; the genuine one after them does", async () => {
  const forged = answerWith(Buffer.from("another"));
  const { answer, ignored, received } = await ask([forged, answerWith(secret, Code.CoaAck), answerWith(secret)]);
  expect(ignored).toEqual(["bad-authenticator", "wrong-code"]);
  expect(answer).toMatchObject({ kind: "reply", packet: { code: Code.AccountingResponse, identifier: 7 } });
  expect(received.map((one) => one.equals(octets))).toEqual([true, true, true]);
});

test("only forged answers are no answer; so are octets that are no packet", async () => {
  const { answer, ignored } = await ask([answerWith(Buffer.from("another")), () => Buffer.from("x")]);
  expect(answer).toEqual({ kind: "no-answer", attempts: 3 });
  expect(ignored).toEqual(["bad-authenticator", "shorter-than-header"]);
});

test("a closed port is told from silence", async () => {
  const probe = createSocket("udp4").bind(0, "127.0.0.1");
  await once(probe, "listening");
  const { port } = probe.address();
  probe.close();
  await once(probe, "close");
  const lane = await openUdpLane({ address: "127.0.0.1", family: 4, port });
  const told = { onTransmit: () => undefined, onIgnored: () => undefined };
  const answer = await sendRequest({ lane, octets, secret, tries: 2, timeoutMs: 60, ...told });
  lane.close();
  expect(answer).toEqual({ kind: "unreachable" });
});
