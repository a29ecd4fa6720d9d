import type { RawAttribute } from "../radius/packet.ts";
import { grantClass, grantIdOf, UNKEPT_GRANT } from "../session/grant-store.ts";

const CLASS = 25;

/** The Class by which the session's accounting will find what its Access-Accept gave. */
export const classCookie = (grantId: string): RawAttribute => ({
  type: CLASS,
  value: Buffer.from(grantClass(grantId)),
});

/** The Class of an Access-Accept with a profile laid over it that nobody could write down. */
export const unkeptClass: RawAttribute = classCookie(UNKEPT_GRANT);

/** Whether it is one of ours, and not the upstream's own Class. */
export const isClassCookie = ({ type, value }: RawAttribute): boolean =>
  type === CLASS && grantIdOf([value.toString("latin1")]) !== undefined;
