import { readFile } from "node:fs/promises";

const tables = ["/proc/net/udp", "/proc/net/udp6"] as const;

/** Sums the last column of the sockets bound to `port` (hex in the second column, after the address). */
function dropsIn(table: string, port: number): number {
  const suffix = `:${port.toString(16).toUpperCase().padStart(4, "0")}`;
  let drops = 0;
  for (const line of table.split("\n").slice(1)) {
    const columns = line.trim().split(/\s+/);
    if (columns[1]?.endsWith(suffix)) drops += Number(columns.at(-1)) || 0;
  }
  return drops;
}

/** Datagrams that the kernel threw away on this UDP port since its buffer was full; undefined where it does not tell. */
export async function kernelDrops(port: number): Promise<number | undefined> {
  try {
    const texts = await Promise.all(tables.map((path) => readFile(path, "utf8").catch(() => "")));
    return texts.every((text) => text === "") ? undefined : texts.reduce((sum, text) => sum + dropsIn(text, port), 0);
  } catch {
    return undefined;
  }
}
