import { readdirSync, readFileSync } from "node:fs";

/** CPU time used until now, in ms. */
export interface CpuTimes {
  readonly serverMs: number;
  readonly postgresMs: number;
}

interface ProcessStat {
  readonly pid: number;
  readonly parent: number;
  readonly isPostgres: boolean;
  /** Its own time and that of its children that have ended. */
  readonly ms: number;
}

/** Linux counts in hundredths of a second here, whatever the kernel's own clock is. */
const MS_A_TICK = 10;

/** proc(5): the name is in parentheses and may hold anything; utime, stime, cutime and cstime are fields 14 to 17. */
function statOf(pid: number): ProcessStat | undefined {
  try {
    const text = readFileSync(`/proc/${pid}/stat`, "utf8");
    const nameEnd = text.lastIndexOf(")");
    const fields = text.slice(nameEnd + 2).split(" ");
    const ticks = fields.slice(11, 15).reduce((sum, field) => sum + Number(field), 0);
    const isPostgres = text.slice(0, nameEnd).includes("(postgres");
    return { pid, parent: Number(fields[1]), isPostgres, ms: ticks * MS_A_TICK };
  } catch {
    return undefined;
  }
}

/** CPU time of a server and all its descendants, its PostgreSQL apart; undefined where there is no /proc. */
export function cpuTimes(serverPid: number): CpuTimes | undefined {
  const root = statOf(serverPid);
  if (root === undefined) return undefined;
  const all = readdirSync("/proc").flatMap((name) => (/^\d+$/.test(name) ? (statOf(Number(name)) ?? []) : []));
  const children = Map.groupBy(all, ({ parent }) => parent);
  const below = ({ pid }: ProcessStat): ProcessStat[] =>
    (children.get(pid) ?? []).flatMap((child) => [child, ...below(child)]);
  const family = [root, ...below(root)];
  const sum = (isPostgres: boolean) =>
    family.filter((one) => one.isPostgres === isPostgres).reduce((total, { ms }) => total + ms, 0);
  return { serverMs: sum(false), postgresMs: sum(true) };
}
