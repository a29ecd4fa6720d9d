import type { Nas } from "../nas/nas.ts";

export interface MessageAuthenticatorRuleOptions {
  /** Makes it known to other processes and later runs. */
  readonly markSeen: (nasId: string) => Promise<void>;
  readonly onError: (error: unknown) => void;
}

/** Whether a NAS's Access-Requests must carry a Message-Authenticator: "require", "off", or "auto", once a plain login had one. */
export class MessageAuthenticatorRule {
  readonly #options: MessageAuthenticatorRuleOptions;
  /** NASes seen to send one, until the directory says so. A NAS that was put anew since starts afresh. */
  readonly #seen = new Map<string, number>();
  /** Of these, those whose mark is not known to be stored: the next valid one tries again. */
  readonly #unmarked = new Set<string>();

  constructor(options: MessageAuthenticatorRuleOptions) {
    this.#options = options;
  }

  isRequired(nas: Nas): boolean {
    switch (nas.requireMessageAuthenticator) {
      case "require":
        return true;
      case "off":
        return false;
      case "auto":
        return nas.messageAuthenticatorSeen || this.#seen.get(nas.id) === nas.updatedAt.getTime();
    }
  }

  /** A valid one came in a login that did not need it (isPlainLogin): the rule holds from this packet on, also while nobody else can be told. */
  saw(nas: Nas): void {
    if (nas.requireMessageAuthenticator !== "auto") return;
    const isNew = !this.isRequired(nas);
    if (!isNew && !this.#unmarked.delete(nas.id)) return;
    if (isNew) this.#seen.set(nas.id, nas.updatedAt.getTime());
    this.#options.markSeen(nas.id).catch((error: unknown) => {
      this.#unmarked.add(nas.id);
      this.#options.onError(error);
    });
  }
}
