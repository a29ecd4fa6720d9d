import type { BngOptions } from "./bng-options.ts";
import { openRequestPort, type RequestPort } from "./request-port.ts";
import { openWire, type Wire, type WireOptions } from "./wire.ts";

/** The sockets of a BNG: where it takes CoA, and from where it asks the server. */
export interface BngPorts {
  readonly coa: Wire;
  readonly auth: RequestPort;
  readonly acct: RequestPort;
  close(): Promise<void>;
}

const SOURCE_PORTS = 4;

/** Opens them all; rejects, with nothing left open, where one cannot be had. */
export async function openBngPorts(options: BngOptions, receive: WireOptions["receive"]): Promise<BngPorts> {
  const closers: (() => Promise<void>)[] = [];
  const close = async () => {
    for (const one of closers.splice(0)) await one();
  };
  const secret = Buffer.from(options.secret, "utf8");
  const { address, authPort, acctPort } = options.server;
  const requests = { ...options, secret, sourcePorts: SOURCE_PORTS };
  try {
    const auth = await openRequestPort({ ...requests, server: { address, port: authPort } });
    closers.push(auth.close);
    const acct = await openRequestPort({ ...requests, server: { address, port: acctPort } });
    closers.push(acct.close);
    // The last one: nothing is received before everything is there to answer it.
    const coa = await openWire({ ...options, port: options.coaPort, receive });
    closers.push(coa.close);
    return { coa, auth, acct, close };
  } catch (error) {
    await close();
    throw error;
  }
}
