import type { CommandIo } from "./command-io.ts";
import type { Ending } from "./interruption.ts";

/** Says why a command ends before its work is done, and with which exit code: a reader that has had enough is no failure. */
export function endEarly(io: CommandIo, command: string, ending: Ending): 0 | 1 {
  if (ending === "output-closed") return 0;
  io.stderr.write(`weir ${command}: ended by ${ending}\n`);
  return 1;
}
