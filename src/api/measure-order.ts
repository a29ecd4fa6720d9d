import { type Static, type TSchema, Type } from "typebox";
import { Compile, type Validator } from "typebox/compile";
import { type MeasureDetail, type MeasureKind, measureKinds } from "../enforcement/measure.ts";
import { ApiError } from "./errors.ts";
import { MeasureParamsShape, paramsOfKind } from "./measure-params.ts";
import { documentedAs, oneOf } from "./shapes.ts";

export const MeasureKindParam = oneOf(measureKinds, { description: "the kind of measure" });

/** Any object; what each kind takes is checked by `createDetailReader`, which tells what is wrong with its params. */
export const MeasureParams = documentedAs(Type.Unsafe<unknown>({ type: "object" }), MeasureParamsShape);

function detailOf({ message, params }: ReturnType<Validator["Errors"]>[number]): string {
  return "allowedValues" in params ? `must be one of ${params.allowedValues.join(", ")}` : message;
}

function checked<T extends TSchema>(validator: Validator<Record<never, never>, T>, params: unknown): Static<T> {
  if (validator.Check(params)) return params;
  const errors = validator
    .Errors(params)
    .map((found) => ({ pointer: `/params${found.instancePath}`, detail: detailOf(found) }));
  const [first] = errors;
  throw new ApiError("invalid-body", `${first?.pointer ?? "/params"} ${first?.detail ?? "is not valid"}`, { errors });
}

/** Makes the reader of a measure's params. It throws ApiError invalid-body where they are not its kind's. */
export function createDetailReader(): (kind: MeasureKind, params: unknown) => MeasureDetail {
  const throttle = Compile(paramsOfKind.throttle);
  const nothing = Compile(paramsOfKind.others);
  const blockPorts = Compile(paramsOfKind["block-ports"]);
  const regeneratePassword = Compile(paramsOfKind["regenerate-password"]);
  return (kind, params) => {
    switch (kind) {
      case "throttle":
        return { kind, params: checked(throttle, params) };
      case "block-ports":
        return { kind, params: checked(blockPorts, params) };
      case "regenerate-password": {
        const { when = "next-auth", answer = "reject" } = checked(regeneratePassword, params);
        return { kind, params: { when, answer } };
      }
      default:
        checked(nothing, params);
        return { kind, params: {} };
    }
  };
}
