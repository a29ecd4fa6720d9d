/** A step of the demo did not come out as it has to; the message says which. */
export class DemoFailure extends Error {
  override readonly name = "DemoFailure";
}
