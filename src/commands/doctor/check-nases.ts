import { vendorNames } from "../../coa/vendors/vendors.ts";
import { type Finding, failure, ok, warning } from "./finding.ts";
import type { CheckedNas } from "./nas-record-store.ts";

const SHORT_SECRET_OCTETS = 16;
const SILENT_AFTER_MS = 60 * 60_000;

const about = ({ id }: CheckedNas): string => `nas ${id}`;

function secretFinding(nas: CheckedNas): Finding[] {
  if (nas.secretOctets === undefined) {
    const hint = "add the key that sealed it to WEIR_SECRET_KEY, or PUT the NAS again with its secret";
    return [failure(about(nas), "its secret cannot be opened with the keys in use", hint)];
  }
  if (nas.secretOctets >= SHORT_SECRET_OCTETS) return [];
  const hint = `take ${SHORT_SECRET_OCTETS} or more: a short one can be guessed from one recorded packet`;
  return [warning(about(nas), `its secret has ${nas.secretOctets} octets`, hint)];
}

function registrationFindings(nas: CheckedNas): Finding[] {
  const findings: Finding[] = [];
  if (!vendorNames.includes(nas.vendor)) {
    const text = `its vendor "${nas.vendor}" is not known: it is treated as generic`;
    findings.push(warning(about(nas), text, `the vendors are ${vendorNames.join(", ")}`));
  }
  if (nas.rule === "off") {
    const text = "Access-Requests without Message-Authenticator are taken (off)";
    findings.push(
      warning(about(nas), text, "CVE-2024-3596: have it send one, and set requireMessageAuthenticator to require"),
    );
  } else if (nas.rule === "auto" && !nas.isMessageAuthenticatorSeen) {
    const text = "it has not sent a Message-Authenticator yet: logins without one are taken until it does";
    findings.push(warning(about(nas), text, "have it send one (CVE-2024-3596)"));
  }
  return findings;
}

function accountingFinding(nas: CheckedNas, now: Date): Finding {
  const { address, lastSeenAt, openSessions } = nas;
  if (lastSeenAt === null) {
    const hint = `point its accounting to Weir's acct port, from ${address}; dropped packets are counted at /metrics`;
    return warning(about(nas), "no open session is known from it", hint);
  }
  const text = `${openSessions} open sessions, last heard of at ${lastSeenAt.toISOString()}`;
  if (now.getTime() - lastSeenAt.getTime() <= SILENT_AFTER_MS) return ok(about(nas), text);
  return warning(about(nas), text, "does it send Interim-Updates, every 10 minutes or so?");
}

function outcomeFinding(nas: CheckedNas): Finding {
  const counts = Object.entries(nas.outcomes).sort(([, a], [, b]) => b - a);
  if (counts.length === 0) return ok(about(nas), "nothing was asked of its CoA port in the last day");
  const text = `CoA in the last day: ${counts.map(([outcome, count]) => `${count} ${outcome}`).join(", ")}`;
  if ((nas.outcomes["acknowledged"] ?? 0) > 0) return ok(about(nas), text);
  const isSilent = counts.every(([outcome]) => ["no-answer", "unreachable", "not-authentic"].includes(outcome));
  const hint = isSilent
    ? "is its coaPort right, does it take CoA from this machine's address, and is the secret the same?"
    : "GET /v1/enforcements?nas= shows each attempt with its Error-Cause";
  return failure(about(nas), text, hint);
}

/** Several at one address are told apart by NAS-Identifier: one without catches all that the others don't name. */
function sharedAddressFindings(nases: readonly CheckedNas[]): Finding[] {
  return [...Map.groupBy(nases, ({ address }) => address).entries()]
    .filter(([, sharing]) => sharing.length > 1)
    .map(([address, sharing]) => {
      const names = sharing.map(({ id, identifier }) => `${id} (${identifier ?? "no identifier"})`).join(", ");
      const hint = "that is right behind a proxy only; each must send its own NAS-Identifier";
      return warning("nas", `${address} is the address of ${names}`, hint);
    });
}

/** Each NAS by what is on record: nothing is sent to any of them (only enforcement speaks to a CoA port). */
export function checkNases(nases: readonly CheckedNas[], now: Date): Finding[] {
  if (nases.length === 0)
    return [warning("nas", "none is registered: every RADIUS packet is dropped", "PUT /v1/nas/{id}, see README.md")];
  const each = nases.flatMap((nas) => [
    ...secretFinding(nas),
    ...registrationFindings(nas),
    accountingFinding(nas, now),
    outcomeFinding(nas),
  ]);
  return [...sharedAddressFindings(nases), ...each];
}
