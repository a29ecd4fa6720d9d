import { Type } from "typebox";
import { type Fault, type Problem, problem } from "../errors.ts";
import { type ProblemCode, problemCodes } from "../problem-codes.ts";
import { ProblemShape } from "../problem-shape.ts";
import { oneOf } from "../shapes.ts";

type Headers = Readonly<Record<string, { readonly description: string; readonly schema: object }>>;

interface ProblemResponse {
  readonly description: string;
  readonly headers?: Headers;
  readonly content: { readonly "application/problem+json": { readonly schema: object; readonly example: Problem } };
}

const retryAfter: Headers = {
  "Retry-After": { description: "in so many seconds", schema: { type: "integer" } },
};

/** What comes beside the document of some codes. */
const headersOf: Partial<Record<ProblemCode, Headers>> = {
  unauthenticated: { "WWW-Authenticate": { description: "Bearer", schema: { type: "string" } } },
  "request-under-way": retryAfter,
  "too-many-failures": retryAfter,
  "too-many-bodies": retryAfter,
  "too-many-reports": retryAfter,
  "too-many-listeners": retryAfter,
};

const faults: Partial<Record<ProblemCode, Fault>> = {
  "invalid-body": { pointer: "/reason", detail: "is missing", code: "required" },
  "invalid-query": { pointer: "/limit", detail: "must be <= 1000", code: "maximum" },
};

/** One with a fault shows more than one without. */
function exampleOf(codes: readonly ProblemCode[]): Problem {
  const code = codes.find((one) => faults[one]) ?? codes[0] ?? "internal";
  const fault = faults[code];
  return fault
    ? problem(code, `${fault.pointer} ${fault.detail}`, [fault])
    : problem(code, "what was wrong this time, in words for people");
}

/** The answer that tells one of these problems, which have one status. */
export function problemResponse(codes: readonly ProblemCode[]): ProblemResponse {
  const headers = Object.assign({}, ...codes.map((code) => headersOf[code]));
  const schema = Type.Intersect([ProblemShape, Type.Object({ code: oneOf(codes) })]);
  return {
    description: codes.map((code) => `- \`${code}\`: ${problemCodes[code][1]}`).join("\n"),
    ...(Object.keys(headers).length > 0 && { headers }),
    content: { "application/problem+json": { schema, example: exampleOf(codes) } },
  };
}

/** The codes of each status. */
export const problemsByStatus = (codes: readonly ProblemCode[]): Map<string, ProblemCode[]> =>
  Map.groupBy(codes, (code) => String(problemCodes[code][0]));
