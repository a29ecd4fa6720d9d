import { execFile } from "node:child_process";
import { mkdtemp, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { promisify } from "node:util";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { lookForPeers, programToRun } from "../support/peers.ts";
import { startWeir, type WeirUnderTest } from "../support/weir-server.ts";
import { type FreeradiusPeap, startFreeradiusPeap } from "./freeradius-peap.ts";

const run = promisify(execFile);
const peers = lookForPeers("freeradius", "eapol_test", "openssl");
const clientSecret = "client-secret";
const homeSecret = "home-secret";

describe.skipIf(peers.areMissing)(`MS-CHAPv2 of a real supplicant, in PEAP to FreeRADIUS${peers.note}`, () => {
  let weir: WeirUnderTest;
  let front: FreeradiusPeap;
  let folder: string;

  beforeAll(async () => {
    folder = await mkdtemp(join(tmpdir(), "weir-supplicant-"));
    weir = await startWeir();
    await weir.call("PUT", "/v1/nas/front", { address: "127.0.0.1", secret: homeSecret, vendor: "generic" });
    await weir.call("PUT", "/v1/subscribers/s1", { usernames: ["alice"], credential: { password: "old password" } });
    front = await startFreeradiusPeap({ clientSecret, home: { authPort: weir.authPort, secret: homeSecret } });
  });
  afterAll(async () => {
    await front?.stop();
    await weir?.stop();
    await rm(folder, { recursive: true, force: true });
  });

  /** All that wpa_supplicant's code says of one login. */
  async function logIn(password: string, name = "alice"): Promise<string> {
    const file = join(folder, "eapol.conf");
    const network = [
      ...["key_mgmt=WPA-EAP", "eap=PEAP", `identity="${name}"`, 'anonymous_identity="anonymous"'],
      ...[`password="${password}"`, 'phase2="auth=MSCHAPV2"', `ca_cert="${front.certificate}"`],
    ];
    await writeFile(file, `network={\n${network.join("\n")}\n}\n`);
    const args = ["-c", file, "-a", "127.0.0.1", "-p", `${front.authPort}`, "-s", clientSecret, "-t", "10"];
    const { stdout } = await run(programToRun("eapol_test"), args).catch((error: { stdout?: string }) => ({
      stdout: error.stdout ?? "",
    }));
    return stdout;
  }

  /** wpa_supplicant checks our proof that we know its password (RFC 2759 section 8.8) before it believes in a success. */
  const isProven = (said: string) => /EAP-MSCHAPV2: Authentication succeeded/.test(said) && /^SUCCESS$/m.test(said);
  const isRejected = (said: string) => /^FAILURE$/m.test(said) && !/EAP-MSCHAPV2: Received success/.test(said);
  const measures = async () => (await weir.call("GET", "/v1/subscribers/s1"))["measures"];

  test("regenerate-password: rejected with its own error, the new password told once, its first login proven and the end", async () => {
    expect(await logIn("old password")).toSatisfy(isProven);
    await weir.call("PUT", "/v1/subscribers/s1/measures/regenerate-password", {
      reason: "test",
      params: { when: "next-auth", answer: "reject" },
    });
    expect(await logIn("wrong")).toSatisfy(isRejected);
    await expect(weir.call("POST", "/v1/subscribers/s1/password/reveal")).rejects.toThrow("no-password-waiting");
    for (let round = 0; round < 2; round++) {
      const seen = front.child.fromNow();
      expect(await logIn("old password")).toSatisfy(isRejected);
      await seen.says(/MS-CHAP-Error = ".*E=691 R=0 C=[0-9A-F]{32} V=3 M=For your protection/);
    }
    const { password } = await weir.call("POST", "/v1/subscribers/s1/password/reveal");
    await expect(weir.call("POST", "/v1/subscribers/s1/password/reveal")).rejects.toThrow("already-revealed");
    expect(await measures()).toHaveLength(1);
    expect(await logIn(String(password))).toSatisfy(isProven);
    expect(await measures()).toEqual([]);
    expect(await logIn("old password")).toSatisfy(isRejected);
  });

  test("a garden's first login is proven with the old password, which then never works again", async () => {
    await weir.call("PUT", "/v1/subscribers/s2", { usernames: ["bob"], credential: { password: "old password" } });
    await weir.call("PUT", "/v1/subscribers/s2/measures/regenerate-password", {
      reason: "test",
      params: { when: "next-auth", answer: "walled-garden" },
    });
    const seen = front.child.fromNow();
    expect(await logIn("old password", "bob")).toSatisfy(isProven);
    await seen.says(/Filter-Id = "walled-garden"/);
    expect(await logIn("old password", "bob")).toSatisfy(isRejected);
  });
});
