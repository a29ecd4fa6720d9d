import { Type } from "typebox";
import { paramsOfKind } from "./measure-params.ts";
import { closed } from "./shapes.ts";

const yes = Type.Optional(Type.Literal(true));

/** The sum of a subscriber's measures, free of any vendor. */
export const ProfileShape = closed(
  {
    isTerminated: yes,
    isSuspended: yes,
    isWalledGarden: yes,
    throttle: Type.Optional(paramsOfKind.throttle),
    isSmtpRestricted: yes,
    blockedPorts: Type.Optional(paramsOfKind["block-ports"].properties.rules),
  },
  { title: "Profile", description: "What a session is held to; what is absent is not restricted" },
);
