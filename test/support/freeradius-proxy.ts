import { freePort } from "../../bench/free-port.ts";
import { type FreeradiusProcess, startFreeradius } from "./freeradius-process.ts";

export interface FreeradiusProxyOptions {
  /** What its own clients share with it. */
  readonly clientSecret: string;
  readonly home: { readonly authPort: number; readonly acctPort: number; readonly secret: string };
}

export interface FreeradiusProxy {
  readonly authPort: number;
  readonly acctPort: number;
  readonly process: FreeradiusProcess;
  stop(): Promise<void>;
}

/** A real FreeRADIUS that proxies all logins and all accounting to one home server on loopback. */
export async function startFreeradiusProxy(options: FreeradiusProxyOptions): Promise<FreeradiusProxy> {
  const ports = { authPort: await freePort(), acctPort: await freePort() };
  const servers = proxyServer(ports, options.home);
  const process = await startFreeradius({ secret: options.clientSecret, details: [], servers });
  return { ...ports, process, stop: process.stop };
}

type Ports = Pick<FreeradiusProxy, "authPort" | "acctPort">;

const proxyServer = ({ authPort, acctPort }: Ports, home: FreeradiusProxyOptions["home"]) => `
proxy server {
  default_fallback = no
}
home_server home_auth {
  type = auth
  ipaddr = 127.0.0.1
  port = ${home.authPort}
  secret = ${home.secret}
  response_window = 20
  status_check = status-server
}
home_server home_acct {
  type = acct
  ipaddr = 127.0.0.1
  port = ${home.acctPort}
  secret = ${home.secret}
  response_window = 20
  status_check = status-server
}
home_server_pool home_auth {
  type = fail-over
  home_server = home_auth
}
home_server_pool home_acct {
  type = fail-over
  home_server = home_acct
}
realm home {
  auth_pool = home_auth
  acct_pool = home_acct
  nostrip
}
server proxy {
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
    update control {
      &Proxy-To-Realm := "home"
    }
  }
  authenticate {
  }
  preacct {
    update control {
      &Proxy-To-Realm := "home"
    }
  }
  accounting {
    ok
  }
}
`;
