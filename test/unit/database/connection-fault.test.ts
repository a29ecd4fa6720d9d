import { expect, test } from "vitest";
import { connectionFault } from "../../../src/database/connection-fault.ts";

test("of a lost connection its code and message are logged, and nothing that hangs on the error", () => {
  const error = Object.assign(new Error("terminating connection"), { code: "57P01", client: { host: "127.0.0.1" } });
  expect(connectionFault(error)).toEqual({ code: "57P01", reason: "terminating connection" });
  expect(connectionFault(new Error("listening connection ended"))).toEqual({ reason: "listening connection ended" });
});
