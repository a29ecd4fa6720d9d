import { randomBytes } from "node:crypto";
import { lookup } from "node:dns/promises";
import type { Config, Upstream } from "../../config/config.ts";
import type { HostPort } from "../../config/host-port.ts";
import { Code } from "../../radius/code.ts";
import { encodeRequest } from "../../radius/encode-packet.ts";
import { failureText } from "../failure-text.ts";
import { type Answer, sendRequest } from "../radclient/send-request.ts";
import { hostAndPort, openUdpLane } from "../radclient/udp-lane.ts";
import { type Finding, failure, ok } from "./finding.ts";

const TRIES = 2;
const TIMEOUT_MS = 1_500;

async function askStatus({ host, port }: HostPort, secretText: string): Promise<{ answer: Answer; ignored: string[] }> {
  const { address, family } = await lookup(host);
  const lane = await openUdpLane({ address, family: family === 6 ? 6 : 4, port });
  const secret = Buffer.from(secretText, "utf8");
  const ignored: string[] = [];
  try {
    const octets = encodeRequest({
      code: Code.StatusServer,
      identifier: randomBytes(1).readUInt8(),
      attributes: [],
      secret,
      authenticator: randomBytes(16),
      messageAuthenticator: true,
    });
    const answer = await sendRequest({
      lane,
      octets,
      secret,
      tries: TRIES,
      timeoutMs: TIMEOUT_MS,
      onTransmit: () => undefined,
      onIgnored: (reason) => ignored.push(reason),
    });
    return { answer, ignored };
  } finally {
    lane.close();
  }
}

async function checkServer(kind: string, server: HostPort, secret: string): Promise<Finding> {
  const about = `upstream ${hostAndPort(server.host, server.port)}`;
  try {
    const { answer, ignored } = await askStatus(server, secret);
    if (answer.kind === "reply") return ok(about, `${kind}: answers Status-Server in ${Math.ceil(answer.afterMs)} ms`);
    if (answer.kind === "unreachable")
      return failure(about, `${kind}: nothing listens there`, "start it, or correct WEIR_UPSTREAM_AUTH or _ACCT");
    if (ignored.length > 0)
      return failure(about, `${kind}: its answer is not authentic`, "is WEIR_UPSTREAM_SECRET the same on both sides?");
    const hint = "does it know this machine as a client, with this secret, and does it take Status-Server (RFC 5997)?";
    return failure(about, `${kind}: no answer to Status-Server`, hint);
  } catch (error) {
    return failure(about, `${kind}: ${failureText(error)}`, "correct WEIR_UPSTREAM_AUTH or WEIR_UPSTREAM_ACCT");
  }
}

const checkAll = ({ auth, acct, secret }: Upstream): Promise<Finding[]> =>
  Promise.all([
    ...auth.map((server) => checkServer("auth", server, secret)),
    ...acct.map((server) => checkServer("acct", server, secret)),
  ]);

/** Asks each upstream server whether it is there (RFC 5997). */
export async function checkUpstream({ upstream }: Config): Promise<Finding[]> {
  return upstream ? await checkAll(upstream) : [ok("upstream", "none: passwords are checked here")];
}
