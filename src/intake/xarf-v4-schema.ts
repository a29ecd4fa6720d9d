/**
 * XARF v4 as far as Weir reads it, in JSON Schema 2020-12. Other keys may be there: they are kept as evidence.
 * `_internal` is not described, since it is stripped before anything looks at the report.
 */
const party = {
  type: "object",
  required: ["org", "contact", "domain"],
  additionalProperties: false,
  properties: {
    org: { type: "string", maxLength: 200 },
    contact: { type: "string", format: "email" },
    domain: { type: "string", format: "hostname" },
  },
};

const evidenceItem = {
  type: "object",
  required: ["content_type", "payload"],
  additionalProperties: false,
  properties: {
    content_type: { type: "string" },
    description: { type: "string", maxLength: 500 },
    payload: { type: "string" },
    hash: { type: "string", pattern: "^(md5|sha1|sha256|sha512):[a-fA-F0-9]+$" },
    size: { type: "integer", minimum: 0, maximum: 5_242_880 },
  },
};

const port = { type: "integer", minimum: 1, maximum: 65_535 };
const time = { type: "string", format: "date-time" };

/** What every report has. */
export const xarfCore = {
  type: "object",
  required: ["xarf_version", "report_id", "timestamp", "reporter", "sender", "source_identifier", "category", "type"],
  properties: {
    xarf_version: { type: "string", pattern: "^4\\.[0-9]+\\.[0-9]+$" },
    report_id: { type: "string", format: "uuid" },
    timestamp: time,
    reporter: party,
    sender: party,
    source_identifier: { type: "string", minLength: 1 },
    source_port: port,
    category: {
      enum: ["messaging", "content", "copyright", "connection", "vulnerability", "infrastructure", "reputation"],
    },
    type: { type: "string", minLength: 1 },
    evidence_source: { type: "string" },
    evidence: { type: "array", maxItems: 50, items: evidenceItem },
    tags: {
      type: "array",
      maxItems: 20,
      items: { type: "string", pattern: "^[a-z0-9][a-z0-9_+-]*:[a-z0-9][a-z0-9_+-]*$" },
    },
    confidence: { type: "number", minimum: 0, maximum: 1 },
    description: { type: "string", maxLength: 1000 },
    legacy_version: { enum: ["3"] },
  },
};

const networkProtocol = { enum: ["tcp", "udp", "icmp", "sctp", "mixed"] };
const botTypes = [
  "search_engine",
  "ai_agent",
  "monitoring",
  "seo_analyzer",
  "link_checker",
  "feed_reader",
  "social_media",
  "advertising",
  "malicious",
  "unknown",
];

const attack = (more: readonly string[] = []) => ({
  required: ["protocol", "first_seen", ...more],
  properties: {
    protocol: networkProtocol,
    first_seen: time,
    last_seen: time,
    destination_ip: { type: "string", anyOf: [{ format: "ipv4" }, { format: "ipv6" }] },
    destination_port: port,
  },
});

/** What a type needs beyond the core; types that are not here need nothing more. */
export const xarfTypes: Readonly<Record<string, object>> = {
  "connection/infected_host": {
    required: ["protocol", "bot_type", "first_seen"],
    properties: { ...attack().properties, bot_type: { enum: botTypes } },
  },
  "connection/login_attack": attack(),
  "connection/port_scan": attack(),
  "connection/ddos": attack(),
  "connection/sql_injection": attack(),
  "connection/reconnaissance": attack(["probed_resources"]),
  "connection/vulnerability_scan": attack(["scan_type"]),
  "infrastructure/botnet": {
    required: ["compromise_evidence"],
    properties: {
      compromise_evidence: { type: "string" },
      malware_family: { type: "string", maxLength: 200 },
      first_seen: time,
      last_seen: time,
    },
  },
  "infrastructure/compromised_server": { required: ["compromise_method"] },
  "messaging/spam": { required: ["protocol"], properties: { protocol: { type: "string" } } },
  "vulnerability/open_service": { required: ["service"], properties: { service: { type: "string" } } },
  "vulnerability/misconfiguration": { required: ["service"], properties: { service: { type: "string" } } },
  "vulnerability/cve": {
    required: ["service", "service_port", "cve_id"],
    properties: { service: { type: "string" }, service_port: port, cve_id: { type: "string" } },
  },
};
