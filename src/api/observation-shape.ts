import { Type } from "typebox";
import type { ObservationView } from "../response/observation-view-store.ts";
import { claimFields, RowNumber, verdictFields } from "./observation-fields.ts";
import { closed } from "./shapes.ts";

/** An observation as the API shows it. */
export const ObservationShape = Type.Unsafe<ObservationView>(
  closed(
    { ...claimFields, report: Type.String({ format: "uuid" }), row: RowNumber, ...verdictFields },
    { title: "Observation", description: "One claim of a report: this address did this kind of thing at this time" },
  ),
);
