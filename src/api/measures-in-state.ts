import type { Queryable } from "../database/database.ts";
import type { Page, PageRequest } from "../database/page.ts";
import type { MeasureState } from "../enforcement/measure.ts";
import type { MeasureView, MeasureViewState } from "../enforcement/measure-view.ts";
import { listMeasures, type MeasureFilter } from "../enforcement/measure-view-store.ts";

/** What a list of measures can be narrowed to: a state as measures show it, or "active" for all that are to hold. */
export const measureFilterStates = [
  "awaiting-approval",
  "held",
  "active",
  "pending",
  "in-force",
  "partial",
  "failed",
  "lifted",
] as const satisfies readonly (MeasureViewState | "active")[];
export type MeasureFilterState = (typeof measureFilterStates)[number];

const stored: Readonly<Record<MeasureFilterState, readonly MeasureState[]>> = {
  "awaiting-approval": ["awaiting-approval"],
  held: ["held"],
  active: ["active"],
  pending: ["active"],
  "in-force": ["active"],
  partial: ["active"],
  failed: ["active"],
  lifted: ["lifted", "rejected"],
};

/** Pages looked through for one answer: how a measure stands with its sessions is seen only when it is shown. */
const MOST_PAGES = 20;

/** Measures in a state, newest first. A page may hold fewer than its limit, or none, and yet have a next one. */
export async function measuresInState(
  on: Queryable,
  { state, ...filter }: Omit<MeasureFilter, "states"> & { readonly state: MeasureFilterState },
  page: PageRequest,
): Promise<Page<MeasureView>> {
  const items: MeasureView[] = [];
  let next = page.cursor ?? null;
  for (let looked = 0; looked < MOST_PAGES; looked += 1) {
    const limit = page.limit - items.length;
    const request = { limit, ...(next === null ? {} : { cursor: next }) };
    const found = await listMeasures(on, { ...filter, states: stored[state] }, request);
    const isAny = state === "active" || stored[state][0] !== "active";
    items.push(...found.items.filter((measure) => isAny || measure.state === state));
    next = found.next;
    if (next === null || items.length >= page.limit) break;
  }
  return { items, next };
}
