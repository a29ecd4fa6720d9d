import { execFile } from "node:child_process";
import { mkdtemp, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { promisify } from "node:util";
import { type Child, startChild } from "./child.ts";
import { programToRun } from "./peers.ts";

const run = promisify(execFile);

export const hostapdPeers: readonly string[] = ["root", "ip", "hostapd", "wpa_supplicant"];

/** Two network namespaces of the test's own: hostapd's, which a link joins to us, and the supplicant's behind it. */
export interface WiredNetwork {
  /** Ours on the link: where hostapd finds its RADIUS server. */
  readonly serverAddress: string;
  /** hostapd's on the link. */
  readonly nasAddress: string;
  startHostapd(options: HostapdOptions): Promise<Hostapd>;
  startSupplicant(options: SupplicantOptions): Promise<Supplicant>;
  stop(): Promise<void>;
}

export interface HostapdOptions {
  readonly authPort: number;
  readonly acctPort: number;
  /** For RADIUS and for its Disconnect port, 3799. */
  readonly secret: string;
  readonly interimSeconds: number;
}

export interface Hostapd {
  readonly process: Child;
  stop(): Promise<void>;
}

export interface SupplicantOptions {
  readonly identity: string;
  readonly password: string;
  readonly caFile: string;
  /** Of the device that it runs on, when it is another one than before. */
  readonly macAddress?: string;
}

export interface Supplicant {
  readonly process: Child;
  /** EAPOL-Logoff: the user ends the session. */
  logOff(): Promise<void>;
  logOn(): Promise<void>;
  stop(): Promise<void>;
}

/** An address range of documentation (RFC 5737), so that it cannot be anybody's. */
const serverAddress = "198.51.100.1";
const nasAddress = "198.51.100.2";
const SUPPLICANT_LINK = "sta0";
const HOSTAPD_LINK = "port0";

/** Needs root. Removing the namespaces removes the links with them. */
export async function createWiredNetwork(): Promise<WiredNetwork> {
  const folder = await mkdtemp(join(tmpdir(), "weir-hostapd-"));
  const nas = `weir-nas-${process.pid}`;
  const station = `weir-sta-${process.pid}`;
  const uplink = `weir${process.pid}`;
  const ip = (...args: readonly string[]) => run(programToRun("ip"), [...args]);
  const children: Child[] = [];
  const stop = async () => {
    for (const child of children.reverse()) await child.stop();
    await ip("netns", "del", station).catch(() => undefined);
    await ip("netns", "del", nas).catch(() => undefined);
    await ip("link", "del", uplink).catch(() => undefined);
    await rm(folder, { recursive: true, force: true });
  };
  try {
    await ip("netns", "add", nas);
    await ip("netns", "add", station);
    await ip("link", "add", uplink, "type", "veth", "peer", "name", "up0", "netns", nas);
    await ip("addr", "add", `${serverAddress}/30`, "dev", uplink);
    await ip("link", "set", uplink, "up");
    await ip("-n", nas, "addr", "add", `${nasAddress}/30`, "dev", "up0");
    const wire = ["type", "veth", "peer", "name", SUPPLICANT_LINK, "netns", station];
    await ip("-n", nas, "link", "add", HOSTAPD_LINK, ...wire);
    for (const link of ["lo", "up0", HOSTAPD_LINK]) await ip("-n", nas, "link", "set", link, "up");
    await ip("-n", station, "link", "set", SUPPLICANT_LINK, "up");
  } catch (error) {
    await stop();
    throw error;
  }
  const inside = (namespace: string, command: string, args: readonly string[]): Child => {
    // "ip netns exec" becomes the program: the process id is the program's own.
    const child = startChild(programToRun("ip"), ["netns", "exec", namespace, programToRun(command), ...args]);
    children.push(child);
    return child;
  };
  return {
    serverAddress,
    nasAddress,
    stop,
    startHostapd: async (options) => {
      const file = join(folder, "hostapd.conf");
      await writeFile(file, hostapdConfiguration(folder, options));
      const child = inside(nas, "hostapd", ["-t", file]);
      await child.says(/AP-ENABLED/);
      return { process: child, stop: () => child.stop() };
    },
    startSupplicant: async (options) => {
      const control = join(folder, "wpa");
      const file = join(folder, "wpa.conf");
      await writeFile(file, supplicantConfiguration(control, options));
      if (options.macAddress) await ip("-n", station, "link", "set", SUPPLICANT_LINK, "address", options.macAddress);
      const child = inside(station, "wpa_supplicant", ["-D", "wired", "-i", SUPPLICANT_LINK, "-c", file]);
      const command = async (word: string) => {
        await ip("netns", "exec", station, programToRun("wpa_cli"), "-p", control, "-i", SUPPLICANT_LINK, word);
      };
      return {
        process: child,
        logOff: () => command("logoff"),
        logOn: () => command("logon"),
        stop: () => child.stop(),
      };
    },
  };
}

const hostapdConfiguration = (folder: string, options: HostapdOptions) => `
interface=${HOSTAPD_LINK}
driver=wired
logger_stdout=-1
logger_stdout_level=1
ctrl_interface=${folder}/hostapd
ieee8021x=1
eap_reauth_period=0
use_pae_group_addr=0
own_ip_addr=${nasAddress}
nas_identifier=wired-switch
auth_server_addr=${serverAddress}
auth_server_port=${options.authPort}
auth_server_shared_secret=${options.secret}
acct_server_addr=${serverAddress}
acct_server_port=${options.acctPort}
acct_server_shared_secret=${options.secret}
radius_acct_interim_interval=${options.interimSeconds}
radius_das_port=3799
radius_das_client=${serverAddress} ${options.secret}
radius_das_time_window=300
radius_das_require_event_timestamp=1
radius_das_require_message_authenticator=1
`;

const supplicantConfiguration = (control: string, { identity, password, caFile }: SupplicantOptions) => `
ctrl_interface=${control}
ap_scan=0
network={
  key_mgmt=IEEE8021X
  eap=PEAP
  identity="${identity}"
  anonymous_identity="anonymous"
  password="${password}"
  phase2="auth=MSCHAPV2"
  ca_cert="${caFile}"
  eapol_flags=0
}
`;
