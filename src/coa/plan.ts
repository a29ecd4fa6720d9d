import type { Plan, PlanRequest, Step } from "../enforcement/nas-gateway.ts";
import { forbidsSession } from "../enforcement/profile.ts";
import type { NamedAttribute } from "../nas/nas.ts";
import { baseTranslation, slotOf, translate } from "./translate.ts";
import type { Translation, Vendor } from "./vendor.ts";
import { vendorOf } from "./vendors/vendors.ts";

/** What the upstream's Access-Accept gave this session, as named attributes. */
export type ReadGranted = (granted: Buffer) => readonly NamedAttribute[];

const disconnect: Plan = { kind: "steps", steps: [{ kind: "disconnect", attributes: [] }] };
const nothing: Translation = { attributes: [], services: [] };

const coa = (attributes: readonly NamedAttribute[]): Step => ({ kind: "coa", attributes });

/**
 * Replacements for what no longer applies, each slot from the first of these that has it: what the Access-Accept gave,
 * the subscriber's plan, the NAS's "none". undefined: something cannot be put back.
 */
function restored(
  vendor: Vendor,
  slots: ReadonlySet<string>,
  sources: readonly (readonly NamedAttribute[])[],
): NamedAttribute[] | undefined {
  const found: NamedAttribute[] = [];
  for (const slot of slots) {
    const source = sources.find((attributes) => attributes.some((attribute) => slotOf(vendor, attribute) === slot));
    if (!source) return undefined;
    found.push(...source.filter((attribute) => slotOf(vendor, attribute) === slot));
  }
  return found;
}

/** What may be in force and is not translatable any more (an override was changed) has to be cleared by a new login. */
function mayBeInForce({ nas, from }: PlanRequest): Translation | undefined {
  const translated = translate(nas, from);
  return translated.ok ? translated.translation : undefined;
}

function change(request: PlanRequest, to: Translation, readGranted: ReadGranted): Plan {
  const { nas, session, subscribedRates } = request;
  const vendor = vendorOf(nas.vendor);
  const from = mayBeInForce(request);
  if (!from) return disconnect;
  const kept = new Set(to.attributes.map((attribute) => slotOf(vendor, attribute)));
  const stale = new Set(
    from.attributes.map((attribute) => slotOf(vendor, attribute)).filter((slot) => !kept.has(slot)),
  );
  const granted = session.granted ? readGranted(session.granted) : [];
  const base = baseTranslation(nas, subscribedRates);
  const back = restored(vendor, stale, [granted, base.attributes]);
  if (!back) return disconnect;
  const off = from.services.filter((name) => !to.services.includes(name));
  const attributes = [...back, ...to.attributes];
  const activations = vendor.services?.activate(to.services) ?? [];
  return {
    kind: "steps",
    steps: [
      ...(vendor.services?.deactivate(off) ?? []).map(coa),
      ...(attributes.length > 0 ? [coa(attributes)] : []),
      ...activations.map(coa),
    ],
  };
}

/**
 * How to bring a session from one profile to another. Pure. No step at all means that the NAS needs to be told nothing.
 * Lifting puts back what was there before; what cannot be put back is left to a Disconnect, after which the next login
 * starts clean.
 */
export function planEnforcement(request: PlanRequest, readGranted: ReadGranted): Plan {
  const { nas, to } = request;
  if (forbidsSession(to)) return disconnect;
  const translated = translate(nas, to);
  if (!translated.ok) return { kind: "unsupported", measure: translated.measure, detail: translated.detail };
  const isLifting = translated.translation.attributes.length === 0 && translated.translation.services.length === 0;
  return change(request, isLifting ? nothing : translated.translation, readGranted);
}
