import type { Queryable } from "../database/database.ts";
import type { Measure } from "../enforcement/measure.ts";
import { type MeasureRow, measureColumns, measureFromRow } from "../enforcement/measure-store.ts";

/** The measures that stand because of a case, in force or waiting. */
export async function standingMeasuresOf(on: Queryable, caseId: string): Promise<Measure[]> {
  const rows = await on.query<MeasureRow>(
    `select ${measureColumns} from measure
     where measure.case_id = $1 and measure.state in ('awaiting-approval', 'held', 'active') order by measure.id`,
    [caseId],
  );
  return rows.map(measureFromRow);
}
