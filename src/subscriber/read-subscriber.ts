import type { Static } from "typebox";
import { Compile } from "typebox/compile";
import type { SubscriberInput } from "./subscriber.ts";
import { type SubscriberBody, SubscriberRecord } from "./subscriber-schema.ts";

export type SubscriberReading =
  | { readonly ok: true; readonly input: SubscriberInput }
  | { readonly ok: false; readonly detail: string };

/** An absent field and one that is null say the same: nothing. */
export function subscriberInput(id: string, body: Static<typeof SubscriberBody>): SubscriberInput {
  const { usernames, credential, class: kind, protections } = body;
  return {
    id,
    usernames,
    ...(body.name ? { name: body.name } : {}),
    ...(body.email ? { email: body.email } : {}),
    ...(body.phone ? { phone: body.phone } : {}),
    ...(body.locale ? { locale: body.locale } : {}),
    ...(kind ? { class: kind } : {}),
    ...(body.plan ? { plan: body.plan } : {}),
    ...(protections ? { protections } : {}),
    ...(credential ? { credential } : {}),
  };
}

const plainly: Readonly<Record<string, string>> = {
  // What TypeBox says of a property that a closed object does not list.
  boolean: "is not a field of a subscriber",
  pattern: "has a form that is not allowed",
};

function sentence(found: { keyword: string; instancePath: string; message: string } | undefined): string {
  if (!found) return "is not a subscriber";
  const field = found.instancePath.slice(1);
  return `${field === "" ? "the record" : field} ${plainly[found.keyword] ?? found.message}`.slice(0, 300);
}

/** Makes the reader of import records: anything in, a subscriber or what is wrong with it out. */
export function createSubscriberReader(): (record: unknown) => SubscriberReading {
  const schema = Compile(SubscriberRecord);
  return (record) => {
    if (!schema.Check(record)) {
      return { ok: false, detail: sentence(schema.Errors(record)[0]) };
    }
    return { ok: true, input: subscriberInput(record.id, record) };
  };
}
