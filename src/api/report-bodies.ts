import { Type } from "typebox";
import { CategoryShape, SeverityShape } from "./observation-fields.ts";
import type { ProblemCode } from "./problem-codes.ts";
import { documented } from "./shapes.ts";

const text = Type.String();
const port = Type.Integer({ minimum: 0, maximum: 65_535 });

/** Weir's own form, for readers: its reader in src/intake takes other names, too, and tells of each record what is wrong. */
const NativeObservation = Type.Object(
  {
    ip: Type.String({ description: "the offender's IPv4 or IPv6 address, as the internet saw it" }),
    at: Type.String({ description: "when: RFC 3339 with its zone" }),
    category: documented(CategoryShape, "or another word for one of these, as reporters use them"),
    port: Type.Optional(documented(port, "the offender's; behind a NAT nobody is found without it")),
    protocol: Type.Optional(text),
    until: Type.Optional(text),
    severity: Type.Optional(documented(SeverityShape, "absent: what the category usually weighs")),
    name: Type.Optional(Type.String({ description: "the malware family, signature or the like" })),
    description: Type.Optional(text),
    destinationIp: Type.Optional(text),
    destinationPort: Type.Optional(port),
    confidence: Type.Optional(Type.Number({ minimum: 0, maximum: 1 })),
    evidence: Type.Optional(Type.Object({}, { additionalProperties: true })),
  },
  {
    title: "NativeObservation",
    additionalProperties: true,
    description:
      "Other fields are kept as evidence; one whose name is nearly one of these (`Port`, `prot`) has its record refused",
  },
);

const Xarf = Type.Object({}, { title: "XarfReport", additionalProperties: true, description: "XARF v4, one report" });

const observation = { ip: "203.0.113.7", at: "2026-01-31T12:00:00Z", category: "botnet", port: 50_123, name: "mirai" };

/** What POST /v1/reports takes, by Content-Type. */
export const reportBodies = {
  "application/json": {
    description: "A list of observations (or one, or `{observations: []}`), or XARF v4",
    schema: Type.Union([
      Type.Array(NativeObservation),
      Type.Object({ observations: Type.Array(NativeObservation) }),
      NativeObservation,
      Xarf,
    ]),
    example: [observation],
  },
  "text/csv": {
    description: "A Shadowserver report, with its header",
    example: '"timestamp","severity","ip","port"\n"2026-01-31 12:00:00","high","203.0.113.7",50123\n',
  },
  "application/x-ndjson": {
    description: "Suricata's EVE, an event a line; from a source of kind `monitoring`",
    example: '{"timestamp":"2026-01-31T12:00:00+0000","event_type":"alert","src_ip":"203.0.113.7","alert":{}}\n',
  },
  "application/gzip": {
    description:
      "Any of these, gzipped; the file's name in Content-Disposition says which (`….csv.gz`), or `?type=` that it is CSV",
    schema: Type.Unsafe<Buffer>({}),
  },
} as const;

/** Why a whole report is refused. */
export const reportProblems = [
  "malformed-json",
  "malformed-csv",
  "empty-report",
  "invalid-compression",
  "unknown-shape",
  "missing-columns",
  "report-type-missing",
  "unknown-report-type",
  "unknown-source",
  "too-many-rows",
  "report-too-costly",
  "format-not-supported",
  "report-type-not-supported",
  "wrong-source-kind",
  "too-many-reports",
] as const satisfies readonly ProblemCode[];
