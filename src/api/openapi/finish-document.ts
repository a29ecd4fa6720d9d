import { isProblemCode, type ProblemCode } from "../problem-codes.ts";
import { nameSchemas } from "./name-schemas.ts";
import { problemResponse, problemsByStatus } from "./problem-responses.ts";

/** What an operation says of itself until the document is finished. */
export const BODY_OPTIONAL = "x-body-optional";
export const PROBLEMS = "x-problems";

type Fields = Readonly<Record<string, unknown>>;

const isObject = (value: unknown): value is Fields => typeof value === "object" && value !== null;
const fieldsOf = (value: unknown): Fields => (isObject(value) ? value : {});

const codesIn = (list: unknown): ProblemCode[] =>
  Array.isArray(list) ? list.filter((code) => typeof code === "string").filter(isProblemCode) : [];

/** A status that tells one problem tells it in the same words everywhere: one place in the document is enough. */
const shared = (codes: readonly ProblemCode[]): Fields =>
  codes.length === 1 ? { $ref: `#/components/responses/${codes[0]}` } : { ...problemResponse(codes) };

/** A route may answer with one status in two forms: /readyz says 503 of itself. */
function withProblem(own: unknown, codes: readonly ProblemCode[]): Fields {
  if (!isObject(own)) return shared(codes);
  const problem = problemResponse(codes);
  return { ...problem, ...own, content: { ...fieldsOf(own["content"]), ...problem.content } };
}

function finishOperation(operation: Fields): Fields {
  const { [BODY_OPTIONAL]: isOptional, [PROBLEMS]: problems, requestBody, responses, ...rest } = operation;
  const own = fieldsOf(responses);
  const told = [...problemsByStatus(codesIn(problems))].map(([status, codes]) => [
    status,
    withProblem(own[status], codes),
  ]);
  return {
    ...rest,
    // Swagger calls every body required.
    ...(isObject(requestBody) && { requestBody: { ...requestBody, required: isOptional !== true } }),
    responses: { ...own, ...Object.fromEntries(told) },
  };
}

/** The shared responses of every code that some operation answers with alone. */
const sharedResponses = (codes: ReadonlySet<ProblemCode>): Fields =>
  Object.fromEntries([...codes].sort().map((code) => [code, problemResponse([code])]));

/** Mends what Swagger made of the routes: their problems, bodies that may be left out, schemas by name. */
export function finishDocument(document: { readonly paths?: unknown; readonly components?: unknown }): Fields {
  const codes = new Set<ProblemCode>();
  const finished = (item: unknown): Fields =>
    Object.fromEntries(
      Object.entries(fieldsOf(item)).map(([method, operation]) => {
        const alone = [...problemsByStatus(codesIn(fieldsOf(operation)[PROBLEMS])).values()];
        for (const [code, ...others] of alone) if (code && others.length === 0) codes.add(code);
        return [method, finishOperation(fieldsOf(operation))];
      }),
    );
  const paths = Object.fromEntries(
    Object.entries(fieldsOf(document.paths)).map(([path, item]) => [path, finished(item)]),
  );
  const components = { ...fieldsOf(document.components), responses: sharedResponses(codes) };
  return nameSchemas({ paths, components });
}
