import { hash } from "node:crypto";
import type { AccountingEvent } from "../../../src/session/accounting-event.ts";

/** Noon of the day on which these tests play, in ms. */
export const noon = Date.UTC(2026, 5, 1, 12);

/** The event with a digest of what it shows. */
export function withDigest(event: Omit<AccountingEvent, "shownDigest">): AccountingEvent {
  const { username, ipv4, ipv6Prefixes, identity, observed, sharedPorts } = event;
  const { delegatedPrefixes, ipv6Addresses } = event;
  const digest = hash(
    "md5",
    JSON.stringify([username, ipv4, ipv6Prefixes, identity, observed, sharedPorts, delegatedPrefixes, ipv6Addresses]),
    "buffer",
  );
  return { shownDigest: digest.readBigInt64BE(0).toString(), ...event };
}

/** A record of one session, `at` seconds after noon; it arrives then unless `arrives` says otherwise. */
export function record(
  status: AccountingEvent["status"],
  at: number,
  rest: Partial<AccountingEvent> & { readonly arrives?: number } = {},
): AccountingEvent {
  const { arrives, ...fields } = rest;
  return withDigest({
    nasId: "bng1",
    status,
    acctSessionId: "S1",
    username: "alice@isp.example",
    at: new Date(noon + at * 1000),
    receivedAt: new Date(noon + (arrives ?? at) * 1000),
    ipv4: "100.64.0.1",
    ipv6Prefixes: [],
    identity: {},
    observed: {},
    ...fields,
  });
}
