import { InputError } from "../input-error.ts";
import { PacketSyntaxError } from "./read-packets.ts";

/** A mistake in a file is named with the file; in standard input, "-", its line is enough. */
export function ofFile<Result>(file: string, work: () => Result): Result {
  try {
    return work();
  } catch (error) {
    const isNamed = error instanceof PacketSyntaxError && file !== "-";
    throw isNamed ? new InputError(new Error(`${file}: ${error.message}`)) : error;
  }
}
