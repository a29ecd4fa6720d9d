import { execFile } from "node:child_process";
import { mkdir, mkdtemp, readFile, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { promisify } from "node:util";
import { freePort } from "../../bench/free-port.ts";
import { type Child, startChild } from "./child.ts";
import { freeradiusHead } from "./freeradius-head.ts";
import { programToRun } from "./peers.ts";

const run = promisify(execFile);

export interface FreeradiusUpstream {
  readonly authPort: number;
  readonly acctPort: number;
  /** The certificate authority that a supplicant has to trust. */
  readonly caFile: string;
  /** Every accounting record it took, as its detail module writes them. */
  accounting(): Promise<string>;
  log(): Promise<string>;
  stop(): Promise<void>;
}

export interface FreeradiusUpstreamOptions {
  readonly secret: string;
  /** FreeRADIUS's users file. */
  readonly users: string;
}

/** A real FreeRADIUS on loopback that knows PAP, CHAP, MS-CHAP and PEAP; answers with Class "cls-<user>". */
export async function startFreeradiusUpstream(options: FreeradiusUpstreamOptions): Promise<FreeradiusUpstream> {
  const folder = await mkdtemp(join(tmpdir(), "weir-freeradius-"));
  const ports = { authPort: await freePort(), acctPort: await freePort() };
  await Promise.all(["certs", "log"].map((name) => mkdir(join(folder, name))));
  await makeCertificates(join(folder, "certs"));
  await writeFile(join(folder, "dictionary"), "");
  await writeFile(join(folder, "users"), options.users);
  await writeFile(join(folder, "radiusd.conf"), configuration(folder, { ...ports, secret: options.secret }));
  const logFile = join(folder, "log", "radius.log");
  const child: Child = startChild(programToRun("freeradius"), ["-d", folder, "-f", "-x", "-l", "stdout"]);
  const stop = async () => {
    await child.stop();
    await rm(folder, { recursive: true, force: true });
  };
  try {
    await child.says(/Ready to process requests/);
  } catch (error) {
    await stop();
    throw error;
  }
  return {
    ...ports,
    caFile: join(folder, "certs", "ca.pem"),
    accounting: () => readFile(join(folder, "log", "acct.detail"), "utf8").catch(() => ""),
    log: async () => `${child.output()}\n${await readFile(logFile, "utf8").catch(() => "")}`,
    stop,
  };
}

async function makeCertificates(folder: string): Promise<void> {
  const file = (name: string) => join(folder, name);
  const newKey = (name: string) => ["-newkey", "rsa:2048", "-nodes", "-keyout", file(`${name}.key`)];
  await run(programToRun("openssl"), [
    "req",
    "-x509",
    ...newKey("ca"),
    "-out",
    file("ca.pem"),
    "-subj",
    "/CN=test CA",
    "-days",
    "2",
  ]);
  await run(programToRun("openssl"), [
    "req",
    ...newKey("server"),
    "-out",
    file("server.csr"),
    "-subj",
    "/CN=radius.test",
  ]);
  await writeFile(file("extensions"), "extendedKeyUsage=serverAuth\n");
  const signing = ["-CA", file("ca.pem"), "-CAkey", file("ca.key"), "-CAcreateserial", "-days", "2"];
  const request = ["-req", "-in", file("server.csr"), "-out", file("server.pem"), "-extfile", file("extensions")];
  await run(programToRun("openssl"), ["x509", ...request, ...signing]);
}

const configuration = (
  folder: string,
  { authPort, acctPort, secret }: { authPort: number; acctPort: number; secret: string },
) => `
${freeradiusHead(folder, secret)}
modules {
  pap {
    normalise = yes
  }
  chap {
  }
  mschap {
    use_mppe = yes
  }
  eap {
    default_eap_type = peap
    timer_expire = 60
    ignore_unknown_eap_types = no
    max_sessions = 4096
    tls-config tls-common {
      private_key_file = ${folder}/certs/server.key
      certificate_file = ${folder}/certs/server.pem
      ca_file = ${folder}/certs/ca.pem
      cipher_list = "DEFAULT"
      tls_min_version = "1.2"
      tls_max_version = "1.2"
      ecdh_curve = ""
    }
    peap {
      tls = tls-common
      default_eap_type = mschapv2
      copy_request_to_tunnel = yes
      use_tunneled_reply = yes
      virtual_server = inner
    }
    mschapv2 {
    }
  }
  files {
    usersfile = ${folder}/users
  }
  detail acctlog {
    filename = ${folder}/log/acct.detail
    permissions = 0600
    locking = no
  }
}
server default {
  listen {
    type = auth
    ipaddr = 127.0.0.1
    port = ${authPort}
  }
  listen {
    type = acct
    ipaddr = 127.0.0.1
    port = ${acctPort}
  }
  authorize {
    chap
    mschap
    eap {
      ok = return
    }
    files
    pap
  }
  authenticate {
    Auth-Type PAP {
      pap
    }
    Auth-Type CHAP {
      chap
    }
    Auth-Type MS-CHAP {
      mschap
    }
    eap
  }
  preacct {
  }
  accounting {
    acctlog
  }
  post-auth {
    update reply {
      &Class := "cls-%{User-Name}"
    }
  }
}
server inner {
  authorize {
    mschap
    eap {
      ok = return
    }
    files
  }
  authenticate {
    Auth-Type MS-CHAP {
      mschap
    }
    eap
  }
  post-auth {
    update reply {
      &User-Name := &User-Name
    }
  }
}
`;
