import { forbidsSession } from "../enforcement/profile.ts";
import { allValues, firstValue } from "../radius/attribute-values.ts";
import { Code } from "../radius/code.ts";
import { encodeRequest } from "../radius/encode-packet.ts";
import type { RawAttribute } from "../radius/packet.ts";
import { RadiusError } from "../radius/radius-error.ts";
import { type AcceptDependencies, acceptLogin } from "./accept-login.ts";
import { type AccessRequest, type AccessResult, answer, drop } from "./access.ts";
import { type AccessMethod, readMethod } from "./access-method.ts";
import { forbiddenBecause } from "./decide-login.ts";
import type { ProfileLookUp, ProfileOfLogin } from "./profile-look-up.ts";
import { rejectLogin } from "./reject-login.ts";
import type { StateServers } from "./state-servers.ts";
import { textValue } from "./text-value.ts";
import type { UpstreamClient } from "./upstream-client.ts";
import { forwardedAccess } from "./upstream-request.ts";

export interface UpstreamLoginDependencies extends AcceptDependencies {
  readonly client: UpstreamClient;
  readonly secret: Buffer;
  readonly proxyState: Buffer;
  readonly profiles: ProfileLookUp;
  readonly states: StateServers;
  readonly randomOctets: (count: number) => Buffer;
}

const USER_NAME = 1;
const STATE = 24;
const PROXY_STATE = 33;
const EAP_MESSAGE = 79;
const MESSAGE_AUTHENTICATOR = 80;

/** Logins that an upstream server checks, by whatever method; ours is the profile. */
export function createUpstreamLogin(dependencies: UpstreamLoginDependencies) {
  return async (request: AccessRequest): Promise<AccessResult> => {
    if (hasNulInside(firstValue(request.packet, USER_NAME))) return await refuseUnreadable(dependencies, request);
    const outer = textValue(request.packet, USER_NAME) ?? "";
    const asking = await dependencies.profiles(outer);
    if (forbidsSession(asking.profile)) return await refuse(dependencies, { request, known: asking, accepted: [] });
    const reply = await ask(dependencies, request);
    if (reply.kind === "drop") return reply;
    if (reply.code !== Code.AccessAccept) return answer(reply.code, request, reply.attributes);
    // The outer identity of a tunnelled method is anonymous: the Accept says who it was.
    const username = textValue({ attributes: reply.attributes }, USER_NAME) ?? outer;
    const known = username === outer ? asking : await dependencies.profiles(username);
    if (forbidsSession(known.profile))
      return await refuse(dependencies, { request, known, accepted: reply.attributes });
    const accepted = await acceptLogin(dependencies, {
      ...known,
      request,
      username,
      given: reply.attributes,
      isProfileNeeded: false,
      grant: known.isRemembered ? "skipped" : "wanted",
    });
    return accepted.kind === "unsupported-profile" ? drop("internal-error") : accepted;
  };
}

/** Many an upstream reads a User-Name to its first NUL, and would let in somebody else than the one we looked up. */
function hasNulInside(userName: Buffer | undefined): boolean {
  const at = userName?.indexOf(0) ?? -1;
  return at >= 0 && userName?.subarray(at).some((octet) => octet !== 0) === true;
}

const refuseUnreadable = (dependencies: UpstreamLoginDependencies, request: AccessRequest): Promise<AccessResult> =>
  rejectLogin(dependencies, {
    request,
    method: readMethod(request.packet, request.nas.secret),
    reason: "not-authenticated",
  });

interface RefusedLogin {
  readonly request: AccessRequest;
  readonly known: ProfileOfLogin;
  /** What the upstream gave, if it was asked; its EAP-Success has to become an EAP-Failure of the same exchange. */
  readonly accepted: readonly RawAttribute[];
}

async function refuse(
  dependencies: UpstreamLoginDependencies,
  { request, known, accepted }: RefusedLogin,
): Promise<AccessResult> {
  const eap = Buffer.concat(allValues({ attributes: accepted }, EAP_MESSAGE));
  const asked = readMethod(request.packet, request.nas.secret);
  const method: AccessMethod = eap.length >= 4 ? { kind: "eap", identifier: eap[1] ?? 0 } : asked;
  return await rejectLogin(dependencies, { request, method, ...known, reason: forbiddenBecause(known.profile) });
}

type UpstreamReply =
  | { readonly kind: "reply"; readonly code: number; readonly attributes: readonly RawAttribute[] }
  | Extract<AccessResult, { kind: "drop" }>;

/** Asks the upstream, and translates what it says for this NAS. */
async function ask(dependencies: UpstreamLoginDependencies, request: AccessRequest): Promise<UpstreamReply> {
  const { client, states, secret, hidden } = dependencies;
  const { packet, nas } = request;
  const state = firstValue(packet, STATE);
  try {
    const outcome = await client.exchange(
      (identifier) => encodeForward(dependencies, request, identifier),
      state && states.of(state),
    );
    if (outcome.kind !== "reply") return { kind: "drop", reason: `upstream-${outcome.kind}` };
    const given = firstValue(outcome.packet, STATE);
    if (given) states.remember(given, outcome.server);
    const from = { secret, authenticator: outcome.request.subarray(4, 20) };
    const to = { secret: nas.secret, authenticator: packet.authenticator };
    const attributes = outcome.packet.attributes
      .filter(({ type }) => type !== MESSAGE_AUTHENTICATOR && type !== PROXY_STATE)
      .map((attribute) => hidden.rehide(attribute, { from, to }));
    return { kind: "reply", code: outcome.packet.code, attributes };
  } catch (error) {
    if (error instanceof RadiusError) return { kind: "drop", reason: "not-forwardable" };
    throw error;
  }
}

/** Throws RadiusError when it does not fit a packet. */
function encodeForward(
  { secret, proxyState, randomOctets }: UpstreamLoginDependencies,
  { packet, nas }: AccessRequest,
  identifier: number,
): Buffer {
  const authenticator = randomOctets(16);
  const attributes = forwardedAccess(packet, {
    from: { secret: nas.secret, authenticator: packet.authenticator },
    to: { secret, authenticator },
    proxyState,
  });
  if (!attributes) throw new RadiusError("invalid-value", "User-Password has no password's length");
  return encodeRequest({
    code: packet.code,
    identifier,
    attributes,
    secret,
    authenticator,
    messageAuthenticator: true,
  });
}
