const FIRST_ADDRESS = 0x64400000;
const ADDRESSES = 2 ** 22;
const PORTS_A_CARD = 48;
const VLANS = 4094;

const decimal = (n: number): string => String(n).padStart(7, "0");
const hex = (n: number, digits: number): string => n.toString(16).padStart(digits, "0");
const octet = (n: number, shift: number): number => (n >>> shift) & 255;

/** Subscriber number n: everything about it follows from its number, so that any two programs agree on it. */
export const usernameOf = (n: number): string => `user${decimal(n)}@isp.example`;

export const passwordOf = (n: number): string => `pw-${decimal(n)}`;

/** The number in a username of ours. */
export function numberOf(username: string): number | undefined {
  const [, digits] = /^user(\d{7,10})@isp\.example$/.exec(username) ?? [];
  return digits === undefined ? undefined : Number(digits);
}

/** The first session's id is the subscriber's number; a new login gets a new id. */
export const sessionIdOf = (n: number, login: number): string =>
  login === 1 ? `S${hex(n, 10)}` : `S${hex(n, 10)}-${login}`;

/** In 100.64.0.0/10 (RFC 6598). */
export function ipv4Of(n: number): string {
  const address = FIRST_ADDRESS + (n % ADDRESSES);
  return [24, 16, 8, 0].map((shift) => octet(address, shift)).join(".");
}

/** A /56 in 2001:db8::/32 (RFC 3849). */
export const delegatedPrefixOf = (n: number): string => {
  const site = (n * 256) % 2 ** 32;
  return `2001:db8:${hex(Math.floor(site / 65_536), 1)}:${hex(site % 65_536, 1)}::/56`;
};

export const macOf = (n: number): string =>
  ["02", "00", ...[24, 16, 8, 0].map((shift) => hex(octet(n, shift), 2))].join(":");

export const portOf = (n: number): string => `ge-0/0/${n % PORTS_A_CARD}:${n % VLANS}.${n}`;
