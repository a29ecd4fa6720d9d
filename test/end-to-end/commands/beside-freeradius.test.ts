import { execFile } from "node:child_process";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { promisify } from "node:util";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { run as doctor } from "../../../src/commands/doctor.ts";
import { run as radclient } from "../../../src/commands/radclient.ts";
import { type FreeradiusUpstream, startFreeradiusUpstream } from "../../support/freeradius-upstream.ts";
import { lookForPeers } from "../../support/peers.ts";
import { runCommand } from "./run-command.ts";

const peers = lookForPeers("freeradius", "radclient", "openssl");
describe.skipIf(peers.areMissing)(`against FreeRADIUS${peers.note}`, () => {
  let upstream: FreeradiusUpstream;
  beforeAll(async () => {
    upstream = await startFreeradiusUpstream({
      secret: "freeradius-secret",
      users: 'alice Cleartext-Password := "pw-alice"\n      Filter-Id = "1024/512"\n',
    });
  });
  afterAll(async () => await upstream?.stop());

  const send = (type: string, stdin: string) =>
    runCommand(
      radclient,
      ["-x", `127.0.0.1:${type === "acct" ? upstream.acctPort : upstream.authPort}`, type, "freeradius-secret"],
      { stdin },
    );

  test("PAP, CHAP, MS-CHAP and MS-CHAPv2 are let in, a wrong password is not", async () => {
    for (const kind of ["User-Password", "CHAP-Password", "MS-CHAP-Password", "MS-CHAP2-Password"]) {
      const accepted = await send("auth", `User-Name = alice, ${kind} = pw-alice`);
      expect(accepted, kind).toMatchObject({ code: 0, out: expect.stringContaining('\tFilter-Id = "1024/512"') });
      expect(await send("auth", `User-Name = alice, ${kind} = wrong`), kind).toMatchObject({ code: 1 });
    }
  });

  test("every option of radclient's own help is one of ours", async () => {
    // It prints its help as an error, and exits with 1.
    const { stderr } = await promisify(execFile)("radclient", ["-h"]).catch((error: { stderr: string }) => error);
    const theirs = [...stderr.matchAll(/^ {2}(-\w) /gm)].map(([, option]) => option ?? "");
    expect(theirs.length).toBeGreaterThan(15);
    const { out } = await runCommand(radclient, ["--help"]);
    expect(theirs.filter((option) => !new RegExp(`^ .*${option}\\b`, "m").test(out))).toEqual([]);
  });

  test("accounting and Status-Server are answered; doctor finds it well", async () => {
    expect(await send("acct", "Acct-Status-Type = Start, Acct-Session-Id = of-the-test")).toMatchObject({ code: 0 });
    expect(await upstream.accounting()).toContain("of-the-test");
    expect(await send("status", "")).toMatchObject({ code: 0 });
    const environment = {
      WEIR_UPSTREAM_AUTH: `127.0.0.1:${upstream.authPort}`,
      WEIR_UPSTREAM_SECRET: "freeradius-secret",
      WEIR_DATA_DIR: join(tmpdir(), "weir-is-not-here"),
    };
    const found = await runCommand(doctor, [], { environment });
    for (const name of Object.keys(environment)) delete process.env[name];
    expect(found.out).toMatch(/^ok {7}upstream 127\.0\.0\.1:\d+: auth: answers Status-Server/m);
  });
});
