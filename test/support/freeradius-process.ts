import { mkdir, mkdtemp, readFile, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { type Child, startChild } from "./child.ts";
import { programToRun } from "./peers.ts";

export interface FreeradiusProcess {
  readonly child: Child;
  /** What a detail module of this name wrote, one text for each packet. */
  details(name: string): Promise<readonly string[]>;
  stop(): Promise<void>;
}

export interface FreeradiusOptions {
  /** What clients on loopback share with it. */
  readonly secret: string;
  /** Detail modules by name, to be called in `servers`. */
  readonly details: readonly string[];
  /** The rest of radiusd.conf: virtual servers, home servers, realms. */
  readonly servers: string;
}

/** A real FreeRADIUS of the test's own that says each packet, with a configuration of its own in a folder of its own. */
export async function startFreeradius(options: FreeradiusOptions): Promise<FreeradiusProcess> {
  const folder = await mkdtemp(join(tmpdir(), "weir-freeradius-"));
  await mkdir(join(folder, "log"));
  await writeFile(join(folder, "dictionary"), "");
  await writeFile(join(folder, "radiusd.conf"), configuration(folder, options));
  const child = startChild(programToRun("freeradius"), ["-d", folder, "-f", "-x", "-l", "stdout"]);
  const stop = async () => {
    await child.stop();
    await rm(folder, { recursive: true, force: true });
  };
  try {
    await child.says(/Ready to process requests/, 20_000);
  } catch (error) {
    await stop();
    throw error;
  }
  const details = async (name: string) => {
    const text = await readFile(join(folder, "log", `${name}.detail`), "utf8").catch(() => "");
    return text.split(/\n\n+/).filter((block) => block.trim() !== "");
  };
  return { child, details, stop };
}

const configuration = (folder: string, { secret, details, servers }: FreeradiusOptions) => `
prefix = /usr
confdir = ${folder}
logdir = ${folder}/log
libdir = /usr/lib/freeradius
pidfile = ${folder}/radiusd.pid
max_request_time = 30
cleanup_delay = 5
max_requests = 16384
hostname_lookups = no
security {
  allow_core_dumps = no
  reject_delay = 0
  status_server = yes
}
thread pool {
  start_servers = 2
  max_servers = 4
  min_spare_servers = 1
  max_spare_servers = 4
  max_requests_per_server = 0
  auto_limit_acct = no
}
client loopback {
  ipaddr = 127.0.0.0/8
  secret = ${secret}
  require_message_authenticator = no
}
modules {
  always ok {
    rcode = ok
  }
  always reject {
    rcode = reject
  }
  always handled {
    rcode = handled
  }
${details.map((name) => detailModule(folder, name)).join("")}
}
${servers}
`;

const detailModule = (folder: string, name: string) => `
  detail ${name} {
    filename = ${folder}/log/${name}.detail
    permissions = 0600
    locking = no
  }`;
