/** Acct-Terminate-Cause by number: RFC 2866 section 5.10, RFC 3580 section 3.2 and RFC 4005. */
const names: readonly (string | undefined)[] = [
  undefined,
  "User-Request",
  "Lost-Carrier",
  "Lost-Service",
  "Idle-Timeout",
  "Session-Timeout",
  "Admin-Reset",
  "Admin-Reboot",
  "Port-Error",
  "NAS-Error",
  "NAS-Request",
  "NAS-Reboot",
  "Port-Unneeded",
  "Port-Preempted",
  "Port-Suspended",
  "Service-Unavailable",
  "Callback",
  "User-Error",
  "Host-Request",
  "Supplicant-Restart",
  "Reauthentication-Failure",
  "Port-Reinit",
  "Port-Disabled",
  "Lost-Power",
];

/** Its name; the number as text where it has none. */
export const terminateCauseText = (value: number): string => names[value] ?? String(value);
