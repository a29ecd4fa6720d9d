import { expect, test } from "vitest";
import { startProblem } from "../../../src/commands/start-problem.ts";

const systemError = (code: string, about: object) =>
  Object.assign(new Error(`${code}: its own words`), { code, ...about });

test.each([
  [
    "EADDRINUSE",
    { address: "::1", port: 1812 },
    "[::1]:1812 is taken by another program, or by another Weir: set the port",
  ],
  ["EADDRNOTAVAIL", { address: "192.0.2.1", port: 8080 }, "192.0.2.1:8080: this machine has no such address"],
  ["EACCES", { address: "127.0.0.1", port: 80 }, "127.0.0.1:80: not allowed"],
  [
    "EACCES",
    { path: "/var/lib/weir/postgres-password", syscall: "open" },
    "/var/lib/weir/postgres-password is not this user's: run as the server's user",
  ],
  ["EACCES", { path: "/root/x", syscall: "mkdir" }, "/root/x cannot be written to, see WEIR_DATA_DIR"],
  [
    "ENOTFOUND",
    { hostname: "db.example" },
    "db.example cannot be reached (ENOTFOUND: its own words), see DATABASE_URL",
  ],
  ["ECONNREFUSED", { address: "127.0.0.1", port: 5432 }, "127.0.0.1:5432 cannot be reached"],
  ["EACCES", {}, "EACCES: its own words"],
  ["EWHATEVER", { path: "/x" }, "EWHATEVER: its own words"],
])("%s of %j is a sentence", (code, about, told) => {
  expect(startProblem(systemError(code, about)).startsWith(told)).toBe(true);
});

test.each([
  ["28P01", 'password authentication failed for user "weir"', "the database refuses the login (password"],
  ["3D000", 'database "weir" does not exist', "the database server has no such database (database"],
  ["42501", "permission denied for schema public", "the database's user may not do that (permission"],
  [undefined, "SASL: SCRAM-SERVER-FIRST-MESSAGE: client password must be a string", "the database wants a password"],
  [undefined, "Connection terminated due to connection timeout", "the database does not answer (Connection"],
])("a database that says %s sends to DATABASE_URL", (code, message, told) => {
  const problem = startProblem(Object.assign(new Error(message), code === undefined ? {} : { code }));
  expect(problem.startsWith(told)).toBe(true);
  expect(problem).toContain(message);
  expect(problem).toMatch(/, see DATABASE_URL$/);
});

test("of several attempts the first is told; what is no system's error is told as it is", () => {
  const first = systemError("ECONNREFUSED", { address: "::1", port: 5432 });
  expect(startProblem(new AggregateError([first, new Error("other")]))).toMatch(/^\[::1\]:5432 cannot be reached/);
  expect(startProblem(new Error("another Weir server runs"))).toBe("another Weir server runs");
  expect(startProblem("text")).toBe("text");
});
