import type { Queryable } from "../database/database.ts";
import { intervalMonths } from "../session/interval-month-retention-store.ts";
import { straysLeft } from "../session/stray-interval-retention-store.ts";
import type { Purge } from "./purge.ts";
import { casePurges, observationStock, sessionPurge } from "./purges.ts";
import type { Remainder } from "./retention-findings.ts";

/** Looks at what is left, after a run and apart from it. Each limit is the age that it was to leave nothing behind of. */
export async function proveCases(
  on: Queryable,
  limits: { readonly before: Date; readonly measuresBefore: Date },
): Promise<Remainder[]> {
  const { cases, measures, enforcements, reports, audit } = casePurges;
  const looks: readonly (readonly [Pick<Purge, "kind" | "stock">, Date])[] = [
    [cases, limits.before],
    [measures, limits.measuresBefore],
    [enforcements, limits.before],
    [observationStock, limits.before],
    [reports, limits.before],
    [audit, limits.before],
  ];
  const remainders: Remainder[] = [];
  for (const [{ kind, stock }, before] of looks) remainders.push({ kind, ...(await stock(on, before)) });
  return remainders;
}

export async function proveSessions(on: Queryable, before: Date): Promise<Remainder[]> {
  const months = await intervalMonths(on);
  return [
    { kind: sessionPurge.kind, ...(await sessionPurge.stock(on, before)) },
    {
      kind: "months",
      oldest: months[0]?.begins ?? null,
      kept: 0,
      overdue: months.filter(({ isAttached, ends }) => !isAttached || ends <= before).length,
    },
    { kind: "strays", ...(await straysLeft(on, before)) },
  ];
}
