import type { Attribute } from "../radius/attribute.ts";
import { allAttributes } from "../radius/attribute-values.ts";
import { Code } from "../radius/code.ts";
import { encodeAttributes } from "../radius/encode-attributes.ts";
import { encodeResponse } from "../radius/encode-packet.ts";
import type { Packet } from "../radius/packet.ts";
import type { BngOptions } from "./bng-options.ts";
import type { Verdict } from "./personality.ts";

const PROXY_STATE = 33;

function codeOf(packet: Packet, verdict: Exclude<Verdict, { kind: "silent" }>): number {
  const isCoa = packet.code === Code.CoaRequest;
  if (verdict.kind === "acknowledged") return isCoa ? Code.CoaAck : Code.DisconnectAck;
  return isCoa ? Code.CoaNak : Code.DisconnectNak;
}

/** The octets of an ACK or NAK; undefined: there is none. Proxy-State goes back as it came (RFC 5176 section 3.1). */
export function encodeCoaAnswer(
  packet: Packet,
  verdict: Verdict,
  { options, secret }: { readonly options: BngOptions; readonly secret: Buffer },
): Buffer | undefined {
  if (verdict.kind === "silent") return undefined;
  const { clock, dictionary, personality } = options;
  const cause = verdict.kind === "refused" ? verdict.errorCause : undefined;
  const said: Attribute[] = [
    ...(cause === undefined ? [] : [{ name: "Error-Cause", value: cause }]),
    ...(personality.signsAnswers ? [{ name: "Event-Timestamp", value: Math.floor(clock.now().getTime() / 1000) }] : []),
  ];
  const raw = encodeAttributes(dictionary, said, { secret, authenticator: packet.authenticator });
  return encodeResponse({
    code: codeOf(packet, verdict),
    request: packet,
    attributes: [...raw, ...allAttributes(packet, PROXY_STATE)],
    secret,
    messageAuthenticator: personality.signsAnswers,
  });
}
