import { execFile } from "node:child_process";
import { mkdtemp, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { promisify } from "node:util";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { lookForPeers, programToRun } from "../support/peers.ts";
import { startWeir, type WeirUnderTest } from "../support/weir-server.ts";

const run = promisify(execFile);
const peers = lookForPeers("radclient");
const nasSecret = "nas-secret";

let weir: WeirUnderTest;
let folder: string;

describe.skipIf(peers.areMissing)(`radclient's logins with local credentials${peers.note}`, () => {
  beforeAll(async () => {
    folder = await mkdtemp(join(tmpdir(), "weir-radclient-"));
    weir = await startWeir();
    await weir.call("PUT", "/v1/nas/nas1", { address: "127.0.0.1", secret: nasSecret, vendor: "mikrotik" });
    await weir.call("PUT", "/v1/subscribers/s1", {
      usernames: ["alice@isp.example"],
      plan: { downKbps: 50_000, upKbps: 10_000 },
      credential: { password: "pw-alice" },
    });
  });
  afterAll(async () => {
    await weir?.stop();
    await rm(folder, { recursive: true, force: true });
  });

  async function logIn(password: string, kind = "User-Password", secret = nasSecret): Promise<string> {
    const file = join(folder, `request-${Math.random()}`);
    const lines = ['User-Name = "alice@isp.example"', `${kind} = "${password}"`, "Message-Authenticator = 0x00"];
    await writeFile(file, `${lines.join("\n")}\n`);
    const args = ["-x", "-r", "1", "-t", "2", "-f", file, `127.0.0.1:${weir.authPort}`, "auth", secret];
    // It exits 1 on a Reject, and on silence.
    const { stdout } = await run(programToRun("radclient"), args).catch((error: { stdout?: string }) => ({
      stdout: error.stdout ?? "",
    }));
    return stdout.slice(stdout.indexOf("Received "));
  }

  test("PAP and CHAP: right passwords are let in with the plan, wrong ones are not", async () => {
    for (const kind of ["User-Password", "CHAP-Password"]) {
      const accepted = await logIn("pw-alice", kind);
      expect(accepted).toMatch(/^Received Access-Accept/);
      expect(accepted).toContain('Mikrotik-Rate-Limit = "10000k/50000k"');
      expect(await logIn("wrong", kind)).toMatch(/^Received Access-Reject/);
    }
  });

  test("a wrong secret is not answered", async () => {
    expect(await logIn("pw-alice", "User-Password", "another secret")).not.toMatch(/Received/);
  });

  test("regenerate-password: rejected with the advice to call, the new password told once, its first login ends it", async () => {
    await weir.call("PUT", "/v1/subscribers/s1/measures/regenerate-password", {
      reason: "test",
      params: { when: "next-auth", answer: "reject" },
    });
    expect(await logIn("wrong")).toMatch(/^Received Access-Reject/);
    for (let round = 0; round < 2; round++) expect(await logIn("pw-alice")).toMatch(/Reply-Message = ".*helpdesk/);
    const { password } = await weir.call("POST", "/v1/subscribers/s1/password/reveal");
    await expect(weir.call("POST", "/v1/subscribers/s1/password/reveal")).rejects.toThrow("already-revealed");
    expect(await logIn(String(password), "CHAP-Password")).toMatch(/^Received Access-Accept/);
    const { measures } = await weir.call("GET", "/v1/subscribers/s1");
    expect(measures).not.toContainEqual(expect.objectContaining({ kind: "regenerate-password", state: "in-force" }));
    expect(await logIn("pw-alice")).toMatch(/^Received Access-Reject/);
  });
});
