import type { ProblemCode } from "./problem-codes.ts";

/** What there is none of when the part of a path after this one has a form that no such id has. */
const collections: Readonly<Record<string, ProblemCode>> = {
  nas: "unknown-nas",
  subscribers: "unknown-subscriber",
  sessions: "unknown-session",
  sources: "unknown-source",
  reports: "unknown-report",
  cases: "unknown-case",
  measures: "unknown-measure",
  jobs: "unknown-job",
  breakers: "unknown-breaker",
  keys: "unknown-key",
};

/** "/v1/cases/:id" and "id" -> "unknown-case": what a route answers where there is nothing of that id. */
export function missingCode(route: string, parameter: string): ProblemCode {
  const parts = route.split("/");
  return collections[parts[parts.indexOf(`:${parameter}`) - 1] ?? ""] ?? "not-found";
}
