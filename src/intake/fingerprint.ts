import { createHash } from "node:crypto";
import type { Observation } from "./observation.ts";

/**
 * The same claim has the same fingerprint, however often, in which file or format, and on which row it is sent: who,
 * what, when, and to whom. Reporters repeat rows across their files, and senders repeat what was not answered.
 */
export function fingerprint(observation: Observation): string {
  const claim = [
    observation.ip,
    observation.port ?? null,
    observation.protocol ?? null,
    observation.at.toISOString(),
    observation.until?.toISOString() ?? null,
    observation.category,
    observation.name ?? null,
    observation.destination?.ip ?? null,
    observation.destination?.port ?? null,
  ];
  return createHash("sha256").update(JSON.stringify(claim)).digest("hex").slice(0, 32);
}
