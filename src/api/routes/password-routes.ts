import { Type } from "typebox";
import type { Database } from "../../database/database.ts";
import { markPasswordRegenerated } from "../../enforcement/regenerate-password.ts";
import type { CredentialStore } from "../../subscriber/credential-store.ts";
import { subscriberExists } from "../../subscriber/subscriber-store.ts";
import { actorOf } from "../actor.ts";
import type { Api } from "../api.ts";
import { recordAudit } from "../audit-store.ts";
import { callerOf } from "../caller.ts";
import { ApiError } from "../errors.ts";
import { noLocalCredentials } from "../no-local-credentials.ts";
import { closed, Id, nothing, oneOf } from "../shapes.ts";

export interface PasswordRouteDependencies {
  readonly database: Database;
  readonly credentials: Pick<CredentialStore, "reveal" | "regenerate">;
  readonly now: () => Date;
  readonly dispatcher: { wake(): void };
  /** Passwords are checked by upstream servers: there is none here to regenerate. */
  readonly isUpstreamAuthenticating: boolean;
}

/** For the helpdesk, while the customer is on the phone. */
export function passwordRoutes(app: Api, dependencies: PasswordRouteDependencies): void {
  const { database, credentials, now, dispatcher, isUpstreamAuthenticating } = dependencies;
  const config = { right: "password:tell" } as const;
  const tags = ["subscribers"];
  const params = closed({ id: Id });
  const Revealed = closed({ password: Type.String() }, { title: "PasswordRevealed" });

  const checkExists = async (id: string): Promise<void> => {
    if (!(await subscriberExists(database, id)))
      throw new ApiError("unknown-subscriber", `there is no subscriber ${id}`);
  };

  app.post(
    "/v1/subscribers/:id/password/reveal",
    {
      // An answer kept for its Idempotency-Key would tell the password again, to nobody's knowledge.
      config: { ...config, idempotency: "ignored", problems: ["no-password-waiting", "already-revealed"] },
      schema: {
        operationId: "revealPassword",
        tags,
        summary: "Tells a regenerated password, once",
        description:
          "For the helpdesk, with the customer on the phone; the audit says who was told. An `Idempotency-Key` does not make " +
          "it be told again: where the answer was lost, regenerate it anew.",
        params,
        body: nothing,
        response: { 200: Revealed },
      },
    },
    async (request) => {
      const { id } = request.params;
      await checkExists(id);
      return await database.transaction(async (trx) => {
        const reveal = await credentials.reveal(trx, { subscriberId: id, by: callerOf(request).actor, now: now() });
        if (reveal.kind === "already-revealed")
          throw new ApiError(
            "already-revealed",
            `${reveal.by} was told it at ${reveal.at.toISOString()}; regenerate it anew`,
          );
        if (reveal.kind === "nothing-to-reveal")
          throw new ApiError("no-password-waiting", `no regenerated password of subscriber ${id} waits to be told`);
        await recordAudit(trx, { ...actorOf(request), action: "password.reveal", subject: `subscriber:${id}` });
        return { password: reveal.password };
      });
    },
  );

  const Regenerated = closed(
    { subscriber: Type.String(), state: oneOf(["waiting-to-be-told"]) },
    { title: "PasswordRegenerated" },
  );
  app.post(
    "/v1/subscribers/:id/password/regenerate",
    {
      config: { ...config, problems: ["no-credential", "no-local-credentials"] },
      schema: {
        operationId: "regeneratePassword",
        tags,
        summary: "Gives a new password; the old one never works again",
        description: "The new one is not in the answer: `…/password/reveal` tells it, once.",
        params,
        body: nothing,
        response: { 200: Regenerated },
      },
    },
    async (request) => {
      const { id } = request.params;
      await checkExists(id);
      if (isUpstreamAuthenticating) throw noLocalCredentials();
      await database.transaction(async (trx) => {
        // First the locks of enforcement, so that a login that regenerates at this moment waits its turn.
        await markPasswordRegenerated(trx, { subscriberId: id });
        if (!(await credentials.regenerate(trx, { subscriberId: id, now: now() })))
          throw new ApiError("no-credential", `subscriber ${id} has no password here`);
        await recordAudit(trx, { ...actorOf(request), action: "password.regenerate", subject: `subscriber:${id}` });
      });
      dispatcher.wake();
      return { subscriber: id, state: "waiting-to-be-told" as const };
    },
  );
}
