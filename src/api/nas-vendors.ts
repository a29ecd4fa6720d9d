import { ApiError } from "./errors.ts";

/** The equipment that this version speaks to. */
export interface VendorList {
  readonly names: readonly string[];
  defaultCoaPort(vendor: string): number;
}

export function checkVendor(vendor: string, { names }: VendorList): void {
  if (names.includes(vendor)) return;
  const errors = [{ pointer: "/vendor", detail: `must be one of ${names.join(", ")}` }];
  throw new ApiError("unknown-vendor", `there is no vendor ${vendor.slice(0, 40)}`, { errors });
}
