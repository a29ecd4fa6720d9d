import { randomUUID } from "node:crypto";
import type { Posted } from "./api-client.ts";

/** A customer's address at a moment, and what was seen of it. */
export interface Seen {
  readonly ip: string;
  readonly at: Date;
}

const sinkholeColumns = [
  ...["timestamp", "protocol", "src_ip", "src_port", "src_asn", "src_geo", "src_region", "src_city", "src_hostname"],
  ...["src_naics", "src_sector", "device_vendor", "device_type", "device_model", "dst_ip", "dst_port", "dst_asn"],
  ...["dst_geo", "dst_region", "dst_city", "dst_hostname", "dst_naics", "dst_sector", "public_source", "infection"],
  ...["family", "tag", "application", "version", "event_id"],
];

const quoted = (cell: string): string => (cell === "" ? "" : `"${cell}"`);
const shadowserverTime = (at: Date): string => at.toISOString().slice(0, 19).replace("T", " ");

function sinkholeRow(timestamp: string, ip: string): string {
  const cells: Readonly<Record<string, string>> = {
    timestamp,
    protocol: "tcp",
    src_ip: ip,
    src_port: "49832",
    src_asn: "64500",
    src_geo: "AU",
    src_region: "VICTORIA",
    src_city: "MELBOURNE",
    src_naics: "517311",
    src_sector: "Communications, Service Provider, and Hosting Service",
    dst_ip: "198.51.100.77",
    dst_port: "80",
    dst_asn: "64511",
    dst_geo: "DE",
    infection: "avalanche-andromeda",
    family: "andromeda",
    tag: "andromeda",
  };
  return sinkholeColumns.map((column) => quoted(cells[column] ?? "")).join(",");
}

/** Shadowserver's event4_sinkhole, in its own columns; a text in place of a time makes a broken row. */
export function sinkholeReport(rows: readonly (Seen | { readonly ip: string; readonly at: string })[]): Posted {
  const lines = rows.map(({ ip, at }) => sinkholeRow(typeof at === "string" ? at : shadowserverTime(at), ip));
  const day = new Date().toISOString().slice(0, 10);
  return {
    contentType: "text/csv",
    fileName: `${day}-event4_sinkhole-isp-example.csv`,
    body: `${[sinkholeColumns.map(quoted).join(","), ...lines].join("\n")}\n`,
  };
}

/** XARF v4 connection/infected_host, as its schema has it. */
export function infectedHostReport({ ip, at }: Seen): Posted {
  const reporter = { org: "CERT Example", contact: "incidents@cert.example", domain: "cert.example" };
  const report = {
    xarf_version: "4.2.0",
    report_id: randomUUID(),
    timestamp: at.toISOString(),
    reporter,
    sender: reporter,
    source_identifier: ip,
    source_port: 51_812,
    category: "connection",
    type: "infected_host",
    evidence_source: "traffic_analysis",
    destination_ip: "198.51.100.150",
    destination_port: 8080,
    protocol: "tcp",
    bot_type: "malicious",
    malware_family: "Emotet",
    infection_type: "banking_trojan",
    c2_server: "c2.malware.example",
    first_seen: new Date(at.getTime() - 3_600_000).toISOString(),
  };
  return { contentType: "application/json", body: JSON.stringify(report) };
}

/** One alert of the ISP's own Suricata, a line of its eve.json. */
export function suricataAlert({ ip, at }: Seen): Posted {
  const ends = { src_ip: ip, src_port: 50_112, dest_ip: "203.0.113.66", dest_port: 443 };
  const alert = {
    timestamp: at.toISOString().replace("Z", "000+0000"),
    flow_id: 1_234_567_890_123,
    in_iface: "mirror0",
    event_type: "alert",
    ...ends,
    proto: "TCP",
    direction: "to_server",
    alert: {
      action: "allowed",
      gid: 1,
      signature_id: 2_024_217,
      rev: 3,
      signature: "ET MALWARE Observed Qakbot CnC Beacon",
      category: "Malware Command and Control Activity Detected",
      severity: 1,
    },
    app_proto: "tls",
    flow: { ...ends, start: at.toISOString().replace("Z", "000+0000"), pkts_toserver: 8, pkts_toclient: 6 },
  };
  return { contentType: "application/x-ndjson", body: `${JSON.stringify(alert)}\n` };
}
