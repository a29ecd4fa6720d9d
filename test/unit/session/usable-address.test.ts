import { expect, test } from "vitest";
import { isUsableIpv4, isUsableIpv6Prefix } from "../../../src/session/usable-address.ts";

test.each(["100.64.0.1", "192.0.2.0", "10.0.0.255", "126.255.255.255", "128.0.0.1", "223.255.255.255", "1.0.0.0"])(
  "%s can be a session's address",
  (address) => expect(isUsableIpv4(address)).toBe(true),
);

test.each([
  ["0.0.0.0", "none yet"],
  ["0.0.0.1", "this network"],
  ["127.0.0.1", "loopback"],
  ["127.255.255.254", "loopback"],
  ["224.0.0.1", "multicast"],
  ["239.1.2.3", "multicast"],
  ["240.0.0.1", "reserved"],
  ["255.255.255.254", "the NAS should choose"],
  ["255.255.255.255", "the user may choose"],
])("%s (%s) is nobody's", (address) => expect(isUsableIpv4(address)).toBe(false));

test.each([
  "2001:db8::/32",
  "2001:db8:1::/48",
  "2001:db8::/56",
  "2001:db8::9/128",
  "fd00:1::/64",
  "fe8::/32",
  "ff::/64",
])("%s can be a session's prefix", (prefix) => expect(isUsableIpv6Prefix(prefix)).toBe(true));

test.each([
  ["::/0", "the internet"],
  ["2000::/3", "all there is"],
  ["2001::/16", "a good part of the internet"],
  ["2001:db8::/31", "more than a whole ISP"],
  ["fe80::/64", "link-local"],
  ["febf::1/128", "link-local"],
  ["ff02::1/128", "multicast"],
  ["ff00::/32", "multicast"],
  ["::/64", "unspecified"],
  ["::1/128", "loopback"],
])("%s (%s) is nobody's", (prefix) => expect(isUsableIpv6Prefix(prefix)).toBe(false));
