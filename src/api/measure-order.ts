import { type Static, type TSchema, Type } from "typebox";
import { Compile, type Validator } from "typebox/compile";
import { type MeasureDetail, type MeasureKind, measureKinds } from "../enforcement/measure.ts";
import { ApiError } from "./errors.ts";
import { closed } from "./shapes.ts";

const kbps = Type.Integer({ minimum: 1, maximum: 1_000_000_000 });

const Throttle = closed({ downKbps: kbps, upKbps: kbps });
const Nothing = closed({});
const BlockPorts = closed({
  rules: Type.Array(
    closed({
      protocol: Type.Enum(["tcp", "udp", "any"]),
      port: Type.Integer({ minimum: 1, maximum: 65_535 }),
      direction: Type.Enum(["out", "in"], { description: "as the customer sees it" }),
    }),
    { minItems: 1, maxItems: 100 },
  ),
});
const RegeneratePassword = closed({
  when: Type.Optional(Type.Enum(["next-auth", "now"])),
  answer: Type.Optional(Type.Enum(["reject", "walled-garden"])),
});

export const MeasureKindParam = Type.Enum([...measureKinds]);

/** For the OpenAPI document; what each kind takes is checked by `createDetailReader`. */
export const MeasureParams = Type.Unsafe<unknown>({
  type: "object",
  description:
    "throttle {downKbps, upKbps}; block-ports {rules: [{protocol, port, direction}]}; others {}; " +
    "regenerate-password {when, answer}: next-auth (default) waits for the next login with the old password, which is " +
    "the last that it is good for, and answer says what that login gets: reject (default), or walled-garden, once. " +
    "now withdraws the old password at once, and answer says what becomes of the open sessions: reject ends them, " +
    "walled-garden gardens them until the first login with the new password. A login with the old one is rejected in " +
    "both cases: whoever else knows it gets in nowhere, not even into a garden.",
});

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
  const throttle = Compile(Throttle);
  const nothing = Compile(Nothing);
  const blockPorts = Compile(BlockPorts);
  const regeneratePassword = Compile(RegeneratePassword);
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
