import { ApiError } from "./errors.ts";

/** The equipment that this version speaks to. */
export interface VendorList {
  readonly names: readonly string[];
  defaultCoaPort(vendor: string): number;
}

/** Names that are promised to mean these vendors; not all are spoken to yet. */
const promised = [
  "generic",
  "cisco-ios-xe",
  "cisco-ios-xr",
  "juniper",
  "nokia",
  "huawei",
  "ericsson",
  "mikrotik",
  "accel-ppp",
  "rtbrick",
  "coova-chilli",
  "hostapd",
];

export function checkVendor(vendor: string, { names }: VendorList): void {
  if (names.includes(vendor)) return;
  const errors = [{ pointer: "/vendor", detail: `must be one of ${names.join(", ")}` }];
  if (promised.includes(vendor))
    throw new ApiError("vendor-not-available", `use "generic" with profiles of your own for ${vendor}`, { errors });
  throw new ApiError("unknown-vendor", `there is no vendor ${vendor.slice(0, 40)}`, { errors });
}
