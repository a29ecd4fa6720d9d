import type { Vendor } from "../vendor.ts";
import { accelPpp } from "./accel-ppp.ts";
import { ciscoIosXe } from "./cisco-ios-xe.ts";
import { generic } from "./generic.ts";
import { hostapd } from "./hostapd.ts";
import { juniper } from "./juniper.ts";
import { mikrotik } from "./mikrotik.ts";
import { sessionEndOnly } from "./session-end-only.ts";

/** Every vendor that Weir can enforce on: adding one is a file and a line here. */
const vendors: ReadonlyMap<string, Vendor> = new Map(
  [generic, juniper, mikrotik, ciscoIosXe, accelPpp, hostapd, ...sessionEndOnly].map((vendor) => [vendor.name, vendor]),
);

export const vendorNames: readonly string[] = [...vendors.keys()];

/** A NAS's vendor; a name from an older configuration that is no longer known is served as generic. */
export const vendorOf = (name: string): Vendor => vendors.get(name) ?? generic;
