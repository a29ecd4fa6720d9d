import { fileProblem } from "../config/file-problem.ts";

/** A file that a person named cannot be read, or not unpacked. Its message begins with `path` where that is given. */
export class InputError extends Error {
  constructor(cause: unknown, path?: string) {
    super(path === undefined ? fileProblem(cause) : `${path}: ${fileProblem(cause)}`, { cause });
    this.name = "InputError";
  }
}
