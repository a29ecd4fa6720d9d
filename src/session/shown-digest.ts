import { hash } from "node:crypto";
import type { AccountingEvent } from "./accounting-event.ts";

/**
 * What a record shows besides its counters and times, in 64 bits (decimal text, as PostgreSQL's bigint): two records of
 * one session with the same digest show the same subscriber, line, addresses and profile.
 */
export function shownDigest(event: AccountingEvent): string {
  const shown = JSON.stringify([event.username, event.ipv4, event.ipv6Prefixes, event.identity, event.observed]);
  return hash("md5", shown, "buffer").readBigInt64BE(0).toString();
}
