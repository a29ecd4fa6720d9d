import { Type } from "typebox";
import { closed, oneOf } from "./shapes.ts";

const kbps = Type.Integer({ minimum: 1, maximum: 1_000_000_000 });

const PortRule = closed(
  {
    protocol: oneOf(["tcp", "udp", "any"]),
    port: Type.Integer({ minimum: 1, maximum: 65_535 }),
    direction: oneOf(["out", "in"], {
      description: "as the customer sees it: out is what their machines send to this port",
    }),
  },
  { title: "PortRule" },
);

/** What each kind of measure takes, as an operator writes it. */
export const paramsOfKind = {
  throttle: closed({ downKbps: kbps, upKbps: kbps }, { title: "ThrottleParams" }),
  "block-ports": closed({ rules: Type.Array(PortRule, { minItems: 1, maxItems: 100 }) }, { title: "BlockPortsParams" }),
  "regenerate-password": closed(
    {
      when: Type.Optional(
        oneOf(["next-auth", "now"], {
          description:
            "next-auth (default) waits for the next login with the old password, which is the last that it is good for; " +
            "now withdraws the old password at once",
        }),
      ),
      answer: Type.Optional(
        oneOf(["reject", "walled-garden"], {
          description:
            "With next-auth: what that login gets, reject (default) or the walled garden, once. With now: what becomes of " +
            "the open sessions; reject ends them, walled-garden gardens them until the first login with the new password. " +
            "A login with the old one is rejected from then on in either case.",
        }),
      ),
    },
    { title: "RegeneratePasswordParams" },
  ),
  others: closed(
    {},
    { title: "NoParams", description: "walled-garden, restrict-smtp, suspend and terminate take none" },
  ),
};

/** In answers and for readers: which of them it is follows from the kind. */
export const MeasureParamsShape = Type.Union(Object.values(paramsOfKind));
