import { execFile } from "node:child_process";
import { mkdtemp, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { promisify } from "node:util";
import { afterAll, beforeAll, describe, expect, test, vi } from "vitest";
import { type FreeradiusUpstream, startFreeradiusUpstream } from "../support/freeradius-upstream.ts";
import { msChapV2Login } from "../support/ms-chap-v2-login.ts";
import { lookForPeers, programToRun } from "../support/peers.ts";
import { startWeir, type WeirUnderTest } from "../support/weir-server.ts";

const run = promisify(execFile);
const peers = lookForPeers("freeradius", "radclient", "eapol_test", "openssl");
const upstreamSecret = "upstream-secret";
const nasSecret = "nas-secret";

const users = `
pap    Cleartext-Password := "pw-pap"
       Session-Timeout = 3600, Acct-Interim-Interval = 60, Filter-Id = "2048/1024", Framed-IP-Address = 10.99.50.10
chap   Cleartext-Password := "pw-chap"
       Filter-Id = "1024/512"
mschap Cleartext-Password := "pw-mschap"
       Filter-Id = "1024/512"
alice  Cleartext-Password := "pw-alice"
       Session-Timeout = 3600, Tunnel-Type:1 = VLAN, Tunnel-Medium-Type:1 = IEEE-802, Tunnel-Private-Group-Id:1 = "100"
tunnel Cleartext-Password := "pw-tunnel"
       Tunnel-Password:1 = "tunnel secret"
banned Auth-Type := Reject
       Reply-Message = "banned"
`;

let upstream: FreeradiusUpstream;
let weir: WeirUnderTest;
let folder: string;

describe.skipIf(peers.areMissing)(`logins through us to FreeRADIUS${peers.note}`, () => {
  beforeAll(async () => {
    folder = await mkdtemp(join(tmpdir(), "weir-access-"));
    upstream = await startFreeradiusUpstream({ secret: upstreamSecret, users });
    const at = (port: number) => [{ host: "127.0.0.1", port }];
    weir = await startWeir({
      upstream: {
        auth: at(upstream.authPort),
        acct: at(upstream.acctPort),
        secret: upstreamSecret,
        messageAuthenticator: "auto",
      },
    });
    await weir.call("PUT", "/v1/nas/nas1", { address: "127.0.0.1", secret: nasSecret, vendor: "generic" });
    for (const id of ["pap", "chap", "mschap", "alice"])
      await weir.call("PUT", `/v1/subscribers/${id}`, { usernames: [id] });
  });
  afterAll(async () => {
    await weir?.stop();
    await upstream?.stop();
    await rm(folder, { recursive: true, force: true });
  });

  /** radclient's whole output for one request, with the attributes of the answer. */
  async function radclient(lines: readonly string[], kind: "auth" | "acct" = "auth"): Promise<string> {
    const file = join(folder, `request-${Math.random()}`);
    await writeFile(file, `${lines.join("\n")}\n`);
    const port = kind === "auth" ? weir.authPort : weir.acctPort;
    const args = ["-x", "-r", "1", "-t", "5", "-f", file, `127.0.0.1:${port}`, kind, nasSecret];
    // It exits 1 on a Reject, which is an answer too.
    const { stdout } = await run(programToRun("radclient"), args).catch((error: { stdout?: string }) => ({
      stdout: error.stdout ?? "",
    }));
    return stdout.slice(stdout.indexOf("Received "));
  }
  const signed = "Message-Authenticator = 0x00";
  const logIn = (name: string, password: string) => radclient([`User-Name = "${name}"`, password, signed]);

  async function eapolTest(network: readonly string[]): Promise<string> {
    const file = join(folder, "eapol.conf");
    await writeFile(file, `network={\n${network.join("\n")}\n}\n`);
    const args = ["-c", file, "-a", "127.0.0.1", "-p", `${weir.authPort}`, "-s", nasSecret, "-t", "10"];
    const { stdout } = await run(programToRun("eapol_test"), args).catch((error: { stdout?: string }) => ({
      stdout: error.stdout ?? "",
    }));
    return stdout;
  }
  const peap = (password: string) => [
    "key_mgmt=WPA-EAP",
    "eap=PEAP",
    'identity="alice"',
    'anonymous_identity="anonymous"',
    `password="${password}"`,
    'phase2="auth=MSCHAPV2"',
    `ca_cert="${upstream.caFile}"`,
  ];

  test("PAP passes, with what the upstream gives, its Class and ours", async () => {
    const answer = await logIn("pap", "User-Password = pw-pap");
    expect(answer).toMatch(/^Received Access-Accept/);
    for (const given of ["Session-Timeout = 3600", "Acct-Interim-Interval = 60", 'Filter-Id = "2048/1024"'])
      expect(answer).toContain(given);
    expect(answer).toContain(`Class = 0x${Buffer.from("cls-pap").toString("hex")}`);
    expect(answer).toContain(`Class = 0x${Buffer.from("weir:").toString("hex")}`);
    expect(answer.split("\n")[1]).toContain("Message-Authenticator");
  });

  test("a wrong password is rejected, and a Reply-Message of the upstream comes through", async () => {
    expect(await logIn("pap", "User-Password = wrong")).toMatch(/^Received Access-Reject/);
    expect(await logIn("banned", "User-Password = x")).toContain('Reply-Message = "banned"');
  });

  test("CHAP passes", async () => {
    expect(await logIn("chap", "CHAP-Password = pw-chap")).toMatch(/^Received Access-Accept/);
    expect(await logIn("chap", "CHAP-Password = wrong")).toMatch(/^Received Access-Reject/);
  });

  test("MS-CHAP passes, and its keys are readable for the NAS", async () => {
    const answer = await logIn("mschap", "MS-CHAP-Password = pw-mschap");
    expect(answer).toMatch(/^Received Access-Accept/);
    expect(answer).toContain("MS-CHAP-MPPE-Keys = 0x0000000000000000");
  });

  test("MS-CHAPv2 passes: the upstream's proof reaches the peer, and its keys are readable for the NAS", async () => {
    const { attributes, success, keys } = msChapV2Login("mschap", "pw-mschap");
    const answer = await radclient(['User-Name = "mschap"', ...attributes, signed]);
    expect(answer).toMatch(/^Received Access-Accept/);
    expect(answer).toContain(`MS-CHAP2-Success = ${success}`);
    expect(answer).toContain(`MS-MPPE-Send-Key = ${keys.send}`);
    expect(answer).toContain(`MS-MPPE-Recv-Key = ${keys.receive}`);
    expect(answer).toContain('Filter-Id = "1024/512"');
    const wrong = msChapV2Login("mschap", "wrong");
    const refusal = await radclient(['User-Name = "mschap"', ...wrong.attributes, signed]);
    expect(refusal).toMatch(/^Received Access-Reject/);
    expect(refusal).toContain("MS-CHAP-Error");
  });

  test.each(["CHAP-Password = pw-chap", "MS-CHAPv2"])("the profile is laid over with %s too", async (method) => {
    const user = method === "MS-CHAPv2" ? "mschap" : "chap";
    const lines = method === "MS-CHAPv2" ? msChapV2Login("mschap", "pw-mschap").attributes : [method];
    await weir.call("PUT", `/v1/subscribers/${user}/measures/walled-garden`, { reason: "test" });
    const answer = await radclient([`User-Name = "${user}"`, ...lines, signed]);
    await weir.call("DELETE", `/v1/subscribers/${user}/measures/walled-garden`);
    expect(answer).toContain('Filter-Id = "walled-garden"');
    expect(answer).not.toContain("1024/512");
  });

  test("a tunnel password is readable for the NAS", async () => {
    expect(await logIn("tunnel", "User-Password = pw-tunnel")).toContain('Tunnel-Password:1 = "tunnel secret"');
  });

  test("PEAP with MSCHAPv2 inside passes, and the supplicant's keys match those that the NAS gets", async () => {
    const output = await eapolTest(peap("pw-alice"));
    expect(output).toContain("MPPE keys OK: 1  mismatch: 0");
    expect(output.trimEnd().endsWith("SUCCESS")).toBe(true);
  });

  test("PEAP with a wrong password fails", async () => {
    expect((await eapolTest(peap("wrong"))).trimEnd().endsWith("FAILURE")).toBe(true);
  });

  test("the profile is laid over what the upstream gives, and taken off again", async () => {
    await weir.call("PUT", "/v1/subscribers/pap/measures/walled-garden", { reason: "test" });
    const gardened = await logIn("pap", "User-Password = pw-pap");
    expect(gardened).toContain('Filter-Id = "walled-garden"');
    expect(gardened).not.toContain("2048/1024");
    expect(gardened).toContain("Session-Timeout = 3600");
    await weir.call("DELETE", "/v1/subscribers/pap/measures/walled-garden");
    expect(await logIn("pap", "User-Password = pw-pap")).toContain('Filter-Id = "2048/1024"');
  });

  test("with PEAP the profile is that of the inner identity", async () => {
    await weir.call("PUT", "/v1/subscribers/alice/measures/walled-garden", { reason: "test" });
    const output = await eapolTest(peap("pw-alice"));
    await weir.call("DELETE", "/v1/subscribers/alice/measures/walled-garden");
    // eapol_test has no name for Filter-Id (11); "walled-garden" is 13 octets.
    expect(output).toMatch(/Attribute 11 \(.*\) length=15/);
    expect(output).toContain("MPPE keys OK: 1  mismatch: 0");
  });

  test("a suspended subscriber's PEAP ends in a failure that the supplicant understands", async () => {
    await weir.call("PUT", "/v1/subscribers/alice/measures/suspend", { reason: "test" });
    const output = await eapolTest(peap("pw-alice"));
    await weir.call("DELETE", "/v1/subscribers/alice/measures/suspend");
    expect(output).toContain("EAP: Received EAP-Failure");
    expect(output.trimEnd().endsWith("FAILURE")).toBe(true);
  });

  test("FreeRADIUS 3.2.1's unsigned answers are taken, and counted", async () => {
    await logIn("pap", "User-Password = pw-pap");
    const metrics = await weir.metrics();
    expect(metrics).toMatch(
      /weir_upstream_replies_without_message_authenticator_total\{server="127\.0\.0\.1:\d+"\} [1-9]/,
    );
  });

  test("accounting is answered by us and forwarded, Start, Interim-Update and Stop, without our Class", async () => {
    const record = (status: string) => [
      `Acct-Status-Type = ${status}`,
      'User-Name = "pap"',
      'Acct-Session-Id = "forwarded-1"',
      "Framed-IP-Address = 100.64.50.10",
      "NAS-Port = 4711",
      `Class = 0x${Buffer.from("weir:1").toString("hex")}`,
      `Class = 0x${Buffer.from("cls-pap").toString("hex")}`,
    ];
    for (const status of ["Start", "Interim-Update", "Stop"]) {
      expect(await radclient(record(status), "acct")).toMatch(/^Received Accounting-Response/);
      await vi.waitFor(async () => expect(await upstream.accounting()).toContain(`Acct-Status-Type = ${status}`), {
        timeout: 10_000,
      });
    }
    const accounting = await upstream.accounting();
    for (const kept of ['Acct-Session-Id = "forwarded-1"', "NAS-Port = 4711", "Framed-IP-Address = 100.64.50.10"])
      expect(accounting.split(kept)).toHaveLength(4);
    expect(accounting).toContain(`Class = 0x${Buffer.from("cls-pap").toString("hex")}`);
    expect(accounting).not.toContain(Buffer.from("weir:").toString("hex"));
  });
});
