import { execFile } from "node:child_process";
import { mkdir, mkdtemp, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { promisify } from "node:util";
import { freePort } from "../../bench/free-port.ts";
import { type Child, startChild } from "../support/child.ts";
import { freeradiusHead } from "../support/freeradius-head.ts";
import { programToRun } from "../support/peers.ts";

const run = promisify(execFile);

export interface FreeradiusPeap {
  readonly authPort: number;
  /** What a supplicant has to trust. */
  readonly certificate: string;
  readonly child: Child;
  stop(): Promise<void>;
}

export interface FreeradiusPeapOptions {
  readonly clientSecret: string;
  readonly home: { readonly authPort: number; readonly secret: string };
}

/** A real FreeRADIUS that ends PEAP's tunnel, and has the MS-CHAPv2 inside it checked by a home server. */
export async function startFreeradiusPeap(options: FreeradiusPeapOptions): Promise<FreeradiusPeap> {
  const folder = await mkdtemp(join(tmpdir(), "weir-peap-"));
  const authPort = await freePort();
  await mkdir(join(folder, "log"));
  await makeCertificate(folder);
  await writeFile(join(folder, "dictionary"), "");
  await writeFile(join(folder, "radiusd.conf"), configuration(folder, authPort, options));
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
  return { authPort, certificate: join(folder, "server.pem"), child, stop };
}

const makeCertificate = (folder: string) =>
  run(programToRun("openssl"), [
    ...["req", "-x509", "-newkey", "rsa:2048", "-nodes", "-days", "2", "-subj", "/CN=radius.test"],
    ...["-keyout", join(folder, "server.key"), "-out", join(folder, "server.pem")],
  ]);

const configuration = (folder: string, authPort: number, { clientSecret, home }: FreeradiusPeapOptions) => `
${freeradiusHead(folder, clientSecret)}
modules {
  mschap {
  }
  eap {
    default_eap_type = peap
    timer_expire = 60
    ignore_unknown_eap_types = no
    max_sessions = 4096
    tls-config tls-common {
      private_key_file = ${folder}/server.key
      certificate_file = ${folder}/server.pem
      ca_file = ${folder}/server.pem
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
      proxy_tunneled_request_as_eap = no
      virtual_server = inner
    }
    mschapv2 {
      send_error = yes
    }
  }
}
proxy server {
  default_fallback = no
}
home_server home {
  type = auth
  ipaddr = 127.0.0.1
  port = ${home.authPort}
  secret = ${home.secret}
  response_window = 10
  status_check = status-server
}
home_server_pool home {
  type = fail-over
  home_server = home
}
realm home {
  auth_pool = home
  nostrip
}
server outer {
  listen {
    type = auth
    ipaddr = 127.0.0.1
    port = ${authPort}
  }
  authorize {
    eap {
      ok = return
    }
  }
  authenticate {
    Auth-Type MS-CHAP {
      mschap
    }
    eap
  }
  post-proxy {
    eap
  }
}
server inner {
  authorize {
    update control {
      &Proxy-To-Realm := "home"
    }
    eap {
      ok = return
    }
  }
  authenticate {
    Auth-Type MS-CHAP {
      mschap
    }
    eap
  }
  post-proxy {
    eap
  }
}
`;
