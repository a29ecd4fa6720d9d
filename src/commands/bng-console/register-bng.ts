import { failureText } from "../failure-text.ts";
import type { BngArguments } from "./bng-arguments.ts";
import { registrationKey } from "./registration-key.ts";

const LIMIT_MS = 10_000;

/** What the API says is wrong, in its own words; a body that is no problem+json as it is. */
function reason(body: string): string {
  try {
    const { detail, code }: { detail?: unknown; code?: unknown } = JSON.parse(body);
    return typeof detail === "string" ? `${detail} (${String(code)})` : body;
  } catch {
    return body.slice(0, 500);
  }
}

/** Tells Weir of this BNG through its API, as an operator would. Rejects, in words, where that cannot be done. */
export async function registerBng(given: BngArguments): Promise<void> {
  const { address, coaPort, nas, personality, registration, secret } = given;
  if (!registration) return;
  const key = await registrationKey(registration);
  const id = encodeURIComponent((nas.identifier ?? "bng1").split(".")[0] ?? "bng1");
  const at = new URL(`/v1/nas/${id}`, registration.url);
  const response = await fetch(at, {
    method: "PUT",
    headers: { authorization: `Bearer ${key}`, "content-type": "application/json" },
    body: JSON.stringify({ address, secret, vendor: personality.name, coaPort, identifier: nas.identifier }),
    signal: AbortSignal.timeout(LIMIT_MS),
  }).catch((error: unknown) => {
    const why = error instanceof Error && error.cause !== undefined ? error.cause : error;
    throw new Error(`${at} cannot be reached: ${failureText(why)}`);
  });
  if (!response.ok) throw new Error(`PUT ${at} answered ${response.status}: ${reason(await response.text())}`);
}
