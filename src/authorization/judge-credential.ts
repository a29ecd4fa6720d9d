import type { Logger } from "pino";
import { KeyRingError } from "../secrets/key-ring.ts";
import type { CredentialStore, StoredCredential } from "../subscriber/credential-store.ts";
import type { AccessRequest } from "./access.ts";
import type { AccessMethod } from "./access-method.ts";
import { isCorrectPassword } from "./check-password.ts";
import type { LoginAccount } from "./login-accounts.ts";

export interface LoginAttempt {
  readonly request: AccessRequest;
  /** As it stands on the wire: MS-CHAPv2 hashes these octets. */
  readonly userName: Buffer;
  /** The same as text. */
  readonly username: string;
  readonly method: AccessMethod;
}

export interface CorrectLogin {
  readonly verdict: "correct";
  readonly account: LoginAccount;
  readonly credential: StoredCredential;
  readonly password: string;
}

export type JudgedCredential =
  | CorrectLogin
  | { readonly verdict: "withdrawn" | "wrong" | "no-credential" }
  /** The stored credential cannot be opened with this node's keys. */
  | { readonly verdict: "unreadable" };

export type JudgeCredential = (attempt: LoginAttempt, account: LoginAccount | undefined) => JudgedCredential;

/**
 * Compares what a login proves with what is stored. Nobody's username goes the same way with a password that nobody
 * has, so that the time taken does not tell it from a wrong password.
 */
export function createJudge(credentials: CredentialStore, decoy: StoredCredential, log: Logger): JudgeCredential {
  return (attempt, account) => {
    try {
      return judge(credentials, attempt, { account, credential: account?.credential, decoy });
    } catch (error) {
      if (!(error instanceof KeyRingError)) throw error;
      log.error(
        { subscriber: account?.subscriberId, err: error },
        "a stored credential cannot be opened with our keys",
      );
      return { verdict: "unreadable" };
    }
  };
}

interface Stored {
  readonly account: LoginAccount | undefined;
  readonly credential: StoredCredential | undefined;
  readonly decoy: StoredCredential;
}

function judge(
  credentials: CredentialStore,
  { method, userName }: LoginAttempt,
  { account, credential, decoy }: Stored,
): JudgedCredential {
  const password = credentials.open(credential ?? decoy);
  const isCorrect = isCorrectPassword(method, password, userName);
  if (!account) return { verdict: "wrong" };
  if (!credential) return { verdict: "no-credential" };
  if (isCorrect) return { verdict: "correct", account, credential, password };
  const previous = credentials.openPrevious(credential);
  const isWithdrawn = previous !== undefined && isCorrectPassword(method, previous, userName);
  return { verdict: isWithdrawn ? "withdrawn" : "wrong" };
}
