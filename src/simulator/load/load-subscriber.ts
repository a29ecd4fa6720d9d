/** Subscriber number n of a load, the same for every generator, so that what one began another goes on with. */
export interface LoadSubscriber {
  readonly username: string;
  readonly password: string;
  readonly acctSessionId: string;
  /** In 100.64.0.0/10. */
  readonly ipv4: string;
  /** A /56 of 2001:db8::/32. */
  readonly ipv6Prefix: string;
  readonly callingStationId: string;
  readonly nasPortId: string;
}

const hex = (value: number, digits: number): string => value.toString(16).padStart(digits, "0");

export function loadSubscriber(n: number): LoadSubscriber {
  const number = String(n).padStart(7, "0");
  const address = 0x64400000 + (n & 0x3fffff);
  const octets = [24, 16, 8, 0].map((bits) => (n >>> bits) & 0xff);
  return {
    username: `user${number}@isp.example`,
    password: `pw-${number}`,
    acctSessionId: `S${hex(n, 10)}`,
    ipv4: [24, 16, 8, 0].map((bits) => (address >>> bits) & 0xff).join("."),
    ipv6Prefix: `2001:db8:${hex(n >>> 8, 4)}:${hex(n & 0xff, 2)}00::/56`,
    callingStationId: `02:00:${octets.map((octet) => hex(octet, 2)).join(":")}`,
    nasPortId: `ge-0/0/${n % 48}:${n % 4094}.${n}`,
  };
}
