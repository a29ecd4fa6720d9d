import type { Queryable } from "../database/database.ts";
import type { MeasureView } from "../enforcement/measure-view.ts";
import { measureViewById } from "../enforcement/measure-view-store.ts";
import { ApiError } from "./errors.ts";

/** The measure, or the 404 that says that there is none. */
export async function knownMeasure(on: Queryable, id: string): Promise<MeasureView> {
  const measure = await measureViewById(on, id);
  if (!measure) throw new ApiError("unknown-measure", `there is no measure ${id}`);
  return measure;
}
