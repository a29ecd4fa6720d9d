import { ApiError } from "./errors.ts";

/** Why a password cannot be regenerated here: nobody would ever ask for the new one. */
export const noLocalCredentials = (): ApiError =>
  new ApiError("no-local-credentials", "passwords are checked by the upstream servers: change it there");
