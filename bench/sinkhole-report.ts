import { readFileSync } from "node:fs";
import { parse } from "csv-parse/sync";

/** Makes a report of one row about one address. */
export type SinkholeReport = (address: string, at: Date) => string;

/** The columns of Shadowserver's event4_sinkhole, and a row such as it sends. */
const builtIn = [
  "timestamp,protocol,src_ip,src_port,src_asn,src_geo,src_region,src_city,src_hostname,src_naics,src_sector,device_vendor,device_type,device_model,dst_ip,dst_port,dst_asn,dst_geo,dst_region,dst_city,dst_hostname,dst_naics,dst_sector,public_source,infection,family,tag,application,version,event_id",
  "2026-01-01 00:00:00,tcp,198.51.100.7,40001,64500,ZZ,,,,,,,,,203.0.113.9,80,64501,ZZ,,,,,,,virut,virut,,,,",
].join("\n");

const quoted = (value: string): string => `"${value.replaceAll('"', '""')}"`;
const line = (values: readonly string[]): string => values.map(quoted).join(",");

/** UTC without a zone, as Shadowserver writes it. */
const timeText = (at: Date): string => at.toISOString().slice(0, 19).replace("T", " ");

/** Of the first row of a real file, or of the one built in; its address and time are replaced, all else stays. */
export function sinkholeReport(file: string | undefined): SinkholeReport {
  const text = file === undefined ? builtIn : readFileSync(file, "utf8");
  const [header, row] = parse(text, { to_line: 2, relax_column_count: true }) as string[][];
  if (!header || !row) throw new Error(`${file}: no row`);
  const replaced = (changes: Readonly<Record<string, string>>) =>
    row.map((value, index) => changes[header[index] ?? ""] ?? value);
  return (address, at) => `${line(header)}\n${line(replaced({ src_ip: address, timestamp: timeText(at) }))}\n`;
}
