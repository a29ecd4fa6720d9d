import { forbidsSession, unrestricted } from "../enforcement/profile.ts";
import { firstValue } from "../radius/attribute-values.ts";
import { type Acceptance, type AcceptDependencies, acceptLogin } from "./accept-login.ts";
import { type AccessRequest, type AccessResult, drop } from "./access.ts";
import { readMethod } from "./access-method.ts";
import { decideLogin, type LoginDecision } from "./decide-login.ts";
import type { CorrectLogin, JudgeCredential, LoginAttempt } from "./judge-credential.ts";
import type { LoginAccounts } from "./login-accounts.ts";
import { successAttributes } from "./method-answer.ts";
import type { PasswordChange } from "./password-change.ts";
import { type RejectDependencies, rejectLogin } from "./reject-login.ts";
import { textValue } from "./text-value.ts";

export interface LocalLoginDependencies extends AcceptDependencies, RejectDependencies {
  readonly accounts: LoginAccounts;
  readonly judge: JudgeCredential;
  readonly passwordChange: PasswordChange;
}

const USER_NAME = 1;
/** A round for a lost race, one for an adoption, one for the answer; and one to spare. */
const MAX_ROUNDS = 4;

type Step = AccessResult | { readonly kind: "decide-again" };

const decideAgain: Step = { kind: "decide-again" };

/** Logins that are checked against our own credentials. Rejects when the database does not answer. */
export function createLocalLogin(dependencies: LocalLoginDependencies) {
  return async (request: AccessRequest): Promise<AccessResult> => {
    const userName = firstValue(request.packet, USER_NAME) ?? Buffer.alloc(0);
    const username = textValue(request.packet, USER_NAME) ?? "";
    const attempt = { request, userName, username, method: readMethod(request.packet, request.nas.secret) };
    for (let round = 0; round < MAX_ROUNDS; round++) {
      const step = await decideOnce(dependencies, attempt);
      if (step.kind !== "decide-again") return step;
    }
    return drop("contended");
  };
}

async function decideOnce(dependencies: LocalLoginDependencies, attempt: LoginAttempt): Promise<Step> {
  const account = await dependencies.accounts.lookUp(attempt.username);
  const judged = dependencies.judge(attempt, account);
  if (judged.verdict === "unreadable") return drop("credential-unreadable");
  const decision = decideLogin({ profile: unrestricted, ...account, credential: judged.verdict });
  if (judged.verdict !== "correct" || decision.kind === "reject") {
    const reason = decision.kind === "reject" ? decision.reason : "not-authenticated";
    return await rejectLogin(dependencies, { ...attempt, ...account, reason });
  }
  return await carryOut(dependencies, attempt, { decision, login: judged });
}

async function carryOut(
  dependencies: LocalLoginDependencies,
  attempt: LoginAttempt,
  { decision, login }: { readonly decision: Exclude<LoginDecision, { kind: "reject" }>; readonly login: CorrectLogin },
): Promise<Step> {
  switch (decision.kind) {
    case "accept":
      return await acceptAny(dependencies, attempt, login);
    case "adopt":
      await dependencies.passwordChange.adopt(namedBy(login));
      return decideAgain;
    case "regenerate":
      if (!(await dependencies.passwordChange.regenerate(namedBy(login)))) return decideAgain;
      if (decision.answer === "reject") return await rejectWithdrawn(dependencies, attempt);
      return await acceptIntoGarden(dependencies, attempt, login);
  }
}

const namedBy = ({ account, credential }: CorrectLogin) => ({
  subscriberId: account.subscriberId,
  current: credential.sealed,
});

const rejectWithdrawn = (dependencies: LocalLoginDependencies, { request, method }: LoginAttempt) =>
  rejectLogin(dependencies, { request, method, reason: "password-withdrawn" });

/** A customer whose NAS cannot express the profile is let in: enforcement sees it in the session and says so. */
async function acceptAny(
  dependencies: LocalLoginDependencies,
  attempt: LoginAttempt,
  login: CorrectLogin,
): Promise<AccessResult> {
  const accepted = await accept(dependencies, { attempt, login, isProfileNeeded: false });
  return accepted.kind === "unsupported-profile" ? drop("internal-error") : accepted;
}

/**
 * The one login for which the withdrawn password still counts, since this very login withdrew it. Without a garden it
 * does not open anything: who cannot be gardened is told to call instead.
 */
async function acceptIntoGarden(
  dependencies: LocalLoginDependencies,
  attempt: LoginAttempt,
  login: CorrectLogin,
): Promise<AccessResult> {
  const account = await dependencies.accounts.lookUp(attempt.username);
  if (account?.profile.isWalledGarden && !forbidsSession(account.profile)) {
    const accepted = await accept(dependencies, { attempt, login: { ...login, account }, isProfileNeeded: true });
    if (accepted.kind !== "unsupported-profile") return accepted;
  }
  return await rejectWithdrawn(dependencies, attempt);
}

interface LocalAcceptance {
  readonly attempt: LoginAttempt;
  readonly login: CorrectLogin;
  readonly isProfileNeeded: boolean;
}

function accept(
  dependencies: LocalLoginDependencies,
  { attempt, login, isProfileNeeded }: LocalAcceptance,
): Promise<Acceptance> {
  const { request, userName, method } = attempt;
  const hiding = { secret: request.nas.secret, authenticator: request.packet.authenticator };
  const proof = successAttributes(method, {
    password: login.password,
    userName,
    hiding,
    salt: dependencies.randomOctets(2),
  });
  const plan = dependencies.overlay.ofPlan(request, login.account.plan);
  if (!plan) tellUnsaidPlan(dependencies, request);
  return acceptLogin(dependencies, {
    request,
    username: attempt.username,
    subscriberId: login.account.subscriberId,
    profile: login.account.profile,
    given: plan ? [...proof, ...plan] : proof,
    isProfileNeeded,
    grant: "needed",
  });
}

function tellUnsaidPlan({ metrics, log }: LocalLoginDependencies, { nas }: LoginAttempt["request"]): void {
  metrics.unsupportedProfiles.inc({ vendor: nas.vendor });
  log.warn(
    { nas: nas.id },
    "the subscriber's plan, or the NAS's profile for unrestricted sessions, cannot be said to it",
  );
}
