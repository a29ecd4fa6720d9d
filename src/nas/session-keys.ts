/** What a session holds for a time only: after it, the same may be somebody else's. */
const addresses: ReadonlySet<string> = new Set([
  "Framed-IP-Address",
  "Framed-IPv6-Prefix",
  "Framed-IPv6-Address",
  "Delegated-IPv6-Prefix",
]);

/**
 * Of RFC 5176 section 3 (session identification), RFC 4372 and RFC 6911: what accounting tells of a session and by which a
 * NAS finds just it. The NAS-* beside the port say which NAS it is; Called-Station-Id and Framed-Interface-Id are many
 * sessions' at once.
 */
const naming: ReadonlySet<string> = new Set([
  ...addresses,
  "Acct-Session-Id",
  "Acct-Multi-Session-Id",
  "User-Name",
  "Chargeable-User-Identity",
  "Calling-Station-Id",
  "NAS-Port",
  "NAS-Port-Id",
]);

/** Whether an attribute says which session a request is about. One without any is about whatever the NAS takes it for. */
export const namesSession = (attribute: string): boolean => naming.has(attribute);

export const isSessionAddress = (attribute: string): boolean => addresses.has(attribute);

export const sessionNaming: readonly string[] = [...naming];
