import type { Nas } from "../nas/nas.ts";

/** How a NAS is treated where the operator said nothing. */
export interface NasLimits {
  readonly maxInFlight: number;
  /** First transmissions in any second; undefined: as fast as it answers. */
  readonly ratePerSecond?: number;
  readonly messageAuthenticator: boolean;
  readonly timeoutMs: number;
  readonly retries: number;
  readonly changePort: boolean;
}

const DEFAULT_IN_FLIGHT = 64;
/** RFC 5080 section 2.2.1 proposes 2 s; a BNG is near, and its answer is a few milliseconds away. */
const DEFAULT_TIMEOUT_MS = 1_500;
const DEFAULT_RETRIES = 3;

export function nasLimits({ coa }: Nas): NasLimits {
  return {
    maxInFlight: coa.maxInFlight ?? DEFAULT_IN_FLIGHT,
    ...(coa.ratePerSecond === undefined ? {} : { ratePerSecond: coa.ratePerSecond }),
    messageAuthenticator: coa.messageAuthenticator ?? true,
    timeoutMs: coa.timeoutMs ?? DEFAULT_TIMEOUT_MS,
    retries: coa.retries ?? DEFAULT_RETRIES,
    changePort: coa.changePort ?? false,
  };
}
