import { ApiError } from "./errors.ts";

/** A body may repeat the id of its address, and say no other. */
export function checkSameId(inPath: string, inBody: string | undefined): void {
  if (inBody === undefined || inBody === inPath) return;
  const detail = "is not the id in the path";
  throw new ApiError("invalid-body", `/id ${detail}`, { errors: [{ pointer: "/id", detail }] });
}
