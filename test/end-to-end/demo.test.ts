import { execFile } from "node:child_process";
import { existsSync } from "node:fs";
import { chmod, mkdtemp, readdir, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join, resolve } from "node:path";
import { promisify } from "node:util";
import { expect, test } from "vitest";
import { startChild } from "../support/child.ts";

const main = resolve(import.meta.dirname, "../../src/main.ts");

/** Where the server's log is, which is in the folder of everything that the demo stores. */
const logFileIn = (output: string): string => /server's log\s+(\S+)/.exec(output)?.[1] ?? "";

const MINUTE_MS = 60_000;
const clock = String.raw`^\d\d:\d\d:(\d\d\.\d{3}) .*`;

/** How far what the demo says of the first report's way to its CoA-Request is from its own times of day. */
function reportToRequest(output: string): number {
  const seconds = (what: string) => Number(new RegExp(clock + what, "m").exec(output)?.[1] ?? Number.NaN);
  const byClock = 1000 * (seconds("CoA-Request for cust-0007 leaves") - seconds("POST /v1/reports"));
  const told = Number(/CoA-Request for cust-0007 leaves, (\d+) ms after the report/.exec(output)?.[1]);
  return Math.abs(told - ((byClock + MINUTE_MS) % MINUTE_MS));
}

test("one round of the demo verifies every step from the report to the lifting, and leaves nothing behind", async () => {
  const demo = startChild(process.execPath, [main, "demo", "--once"]);
  try {
    expect(await demo.exited(), demo.output()).toBe(0);
    const steps = [
      /profiles\.none, Filter-Id = "residential"/,
      /200 open sessions, each with its customer/,
      /row 3 is rejected: invalid-time/,
      /row 1 → exact: cust-0007/,
      /row 2 → none/,
      /rule: playbook botnet/,
      /CoA-Request, identifier \d+, \d+ octets\n.*\n.*Acct-Session-Id = "S0000000007"/,
      /CoA-Request acknowledged after \d+ ms/,
      /the session's profile is in-force/,
      /Access-Accept carries the garden/,
      /the helpdesk releases cust-0007/,
      /Weir observes Filter-Id "residential" in accounting/,
      /the chain is whole/,
      /Disconnect-Request acknowledged/,
      /the login with the new password is accepted/,
      /the report\n.*CoA-Request acknowledged.*\n[\s\S]*Interim-Update of cust-0101 .*[\s\S]*Weir observes Filter-Id "walled-garden"/,
      /they are those that the reports were about/,
      /the helpdesk releases cust-0101/,
      /Weir observes Filter-Id "residential" in accounting/,
      /nobody is in the garden any more: 200 of 200 lines are online\n\n\d+ facts verified in \d+\.\d+ s\n$/,
    ];
    let from = 0;
    for (const step of steps) {
      const at = demo.output().slice(from).search(step);
      expect(at, `${step} in order`).toBeGreaterThanOrEqual(0);
      from += at;
    }
    const elapsed = [...demo.output().matchAll(/^\d\d:\d\d:\d\d\.\d{3} +\+(\d+\.\d\d) s /gm)].map(([, s]) => Number(s));
    expect(elapsed.length).toBeGreaterThan(40);
    expect(elapsed).toEqual(elapsed.toSorted((a, b) => a - b));
    expect(reportToRequest(demo.output())).toBeLessThan(0.5);
    expect(logFileIn(demo.output())).not.toBe("");
    expect(existsSync(resolve(logFileIn(demo.output()), ".."))).toBe(false);
  } finally {
    await demo.stop();
  }
}, 60_000);

test("Ctrl-C while the demo is starting ends it before it tells anything", async () => {
  const demo = startChild(process.execPath, [main, "demo"]);
  try {
    await demo.says(/are starting/, 20_000);
    process.kill(demo.pid, "SIGINT");
    expect(await demo.exited(), demo.output()).toBe(0);
    expect(demo.output()).toContain("ending");
    expect(demo.output()).not.toContain("open sessions");
    expect(demo.output()).not.toContain("facts verified");
  } finally {
    await demo.stop();
  }
}, 40_000);

test("the demo that goes on ends cleanly on Ctrl-C, in under ten seconds", async () => {
  const demo = startChild(process.execPath, [main, "demo"]);
  try {
    await demo.says(/Ctrl-C ends it/, 45_000);
    const interruptedAt = performance.now();
    process.kill(demo.pid, "SIGINT");
    expect(await demo.exited(), demo.output()).toBe(0);
    expect(performance.now() - interruptedAt).toBeLessThan(10_000);
    expect(existsSync(resolve(logFileIn(demo.output()), ".."))).toBe(false);
  } finally {
    await demo.stop();
  }
}, 70_000);

test("a closed output ends it like Ctrl-C: nothing is left behind", async () => {
  const folder = await mkdtemp(join(tmpdir(), "weir-demo-test-"));
  try {
    // As root, PostgreSQL runs as another user, who has to get through.
    await chmod(folder, 0o755);
    const command = `"${process.execPath}" "${main}" demo --once | head -n 3`;
    const env = { ...process.env, WEIR_DATA_DIR: folder };
    await promisify(execFile)("sh", ["-c", command], { env, timeout: 30_000 });
    expect(await readdir(folder)).toEqual([]);
  } finally {
    await rm(folder, { recursive: true, force: true });
  }
}, 40_000);
