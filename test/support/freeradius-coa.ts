import { freePort } from "../../bench/free-port.ts";
import { type FreeradiusProcess, startFreeradius } from "./freeradius-process.ts";

export interface FreeradiusCoa {
  readonly port: number;
  /** Each CoA- and Disconnect-Request that it took, as its detail module writes it. */
  seen(): Promise<readonly string[]>;
  readonly process: FreeradiusProcess;
  stop(): Promise<void>;
}

/**
 * A real FreeRADIUS as the NAS's CoA port. What it answers is in the User-Name: "cause-<number>" a NAK with that
 * Error-Cause, "silent" nothing, anything else an ACK.
 */
export async function startFreeradiusCoa(secret: string): Promise<FreeradiusCoa> {
  const port = await freePort();
  const process = await startFreeradius({ secret, details: ["coa"], servers: server(port) });
  return { port, process, seen: () => process.details("coa"), stop: process.stop };
}

const server = (port: number) => `
server coa {
  listen {
    type = coa
    ipaddr = 127.0.0.1
    port = ${port}
    virtual_server = coa
  }
  recv-coa {
    coa
    if (&User-Name =~ /^cause-([0-9]+)/) {
      update reply {
        &Error-Cause := "%{1}"
      }
      reject
    }
    elsif (&User-Name == "silent") {
      update control {
        &Response-Packet-Type := Do-Not-Respond
      }
      handled
    }
    else {
      ok
    }
  }
  send-coa {
    ok
  }
}
`;
