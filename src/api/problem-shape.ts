import { Type } from "typebox";
import { problemCodes } from "./problem-codes.ts";
import { closed, oneOf } from "./shapes.ts";

const Fault = closed(
  {
    pointer: Type.String({
      description:
        "where: a JSON Pointer into the body, or `/` and the name of a query parameter, header or part of the path",
    }),
    detail: Type.String({ description: "what is wrong there" }),
    code: Type.Optional(Type.String({ description: "the rule that it breaks, where it is one of JSON Schema" })),
  },
  { title: "Fault" },
);

/** RFC 9457, with a stable code. */
export const ProblemShape = closed(
  {
    type: Type.String({ description: "`urn:weir:problem:` and the code" }),
    title: Type.String({ description: "the same for every problem of this code" }),
    status: Type.Integer({ minimum: 400, maximum: 599 }),
    detail: Type.String({ description: "what was wrong this time, in words for people; may change" }),
    code: oneOf(Object.keys(problemCodes), {
      description: "stable: programs branch on it. docs/errors.md explains each",
    }),
    errors: Type.Optional(Type.Array(Fault, { maxItems: 50, description: "each fault of the input" })),
  },
  { title: "Problem", description: "Why a request was refused (RFC 9457)" },
);
