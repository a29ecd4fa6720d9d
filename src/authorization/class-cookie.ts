import type { RawAttribute } from "../radius/packet.ts";
import { grantClass, grantIdOf } from "../session/grant-store.ts";

const CLASS = 25;

/** The Class by which the session's accounting will find what its Access-Accept gave. */
export const classCookie = (grantId: string): RawAttribute => ({
  type: CLASS,
  value: Buffer.from(grantClass(grantId)),
});

/** Whether it is one of ours, and not the upstream's own Class. */
export const isClassCookie = ({ type, value }: RawAttribute): boolean =>
  type === CLASS && grantIdOf([value.toString("latin1")]) !== undefined;
