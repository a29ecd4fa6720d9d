/** A file that a person named cannot be read, or not unpacked; `message` is node's own. */
export class InputError extends Error {
  constructor(cause: unknown) {
    super(cause instanceof Error ? cause.message : String(cause), { cause });
    this.name = "InputError";
  }
}
