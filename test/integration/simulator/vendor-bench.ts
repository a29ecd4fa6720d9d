import { freePort } from "../../../bench/free-port.ts";
import { type Bng, startBng } from "../../../src/simulator/bng.ts";
import type { BngEvent } from "../../../src/simulator/bng-event.ts";
import { bngOptions } from "../../../src/simulator/bng-options.ts";
import { type Faults, noFaults } from "../../../src/simulator/faults.ts";
import { type InForce, nothingInForce } from "../../../src/simulator/in-force.ts";
import { personalityOf } from "../../../src/simulator/personalities/personalities.ts";
import { passwordOf, usernameOf } from "../../../src/simulator/subscriber-names.ts";
import type { WeirUnderTest } from "../../support/weir-server.ts";
import { shippedDictionary } from "../../support/wire.ts";
import { until } from "./until.ts";

const SECRET = "testing123";

/** A BNG of one vendor with one subscriber online. */
export interface VendorLine {
  readonly line: number;
  readonly bng: Bng;
  order(kind: string, params?: object): Promise<Record<string, unknown>>;
  lift(kind: string): Promise<Record<string, unknown>>;
  inForce(): InForce;
  isUp(): boolean;
  /** What accounting shows of the session's profile, after an Interim. */
  standing(): Promise<string>;
  /** The customer switches the router off and on; what the login was answered, and the Reply-Message if there was one. */
  loginAgain(): Promise<string>;
  /** The requests that changed or ended something since it was asked last, each "coa" or "disconnect". */
  asked(): readonly string[];
}

export interface VendorLineOptions {
  readonly vendor: string;
  /** Of the NAS, by measure, and "none". */
  readonly profiles?: object;
  readonly plan?: { readonly downKbps: number; readonly upKbps: number };
  readonly faults?: Faults;
}

export interface VendorBench {
  /** The NAS in Weir becomes of that vendor. */
  online(options: VendorLineOptions): Promise<VendorLine>;
  /** After each test. */
  clear(): Promise<void>;
}

function answerOf(events: readonly BngEvent[]): string {
  const login = events.findLast((event) => event.kind === "login");
  const message = login?.attributes.find(({ name }) => name === "Reply-Message");
  return [login?.result ?? "no login", ...(message ? [String(message.value)] : [])].join(": ");
}

export function createVendorBench(weir: WeirUnderTest): VendorBench {
  const running: Bng[] = [];
  let nextLine = 0;
  const configure = async (line: number, coaPort: number, { vendor, profiles = {}, plan }: VendorLineOptions) => {
    const coa = { timeoutMs: 50, retries: 8 };
    await weir.call("PUT", "/v1/nas/bng1", { address: "127.0.0.1", secret: SECRET, vendor, coaPort, profiles, coa });
    const credential = { password: passwordOf(line) };
    await weir.call("PUT", `/v1/subscribers/c${line}`, {
      usernames: [usernameOf(line)],
      credential,
      ...(plan && { plan }),
    });
  };
  const boot = async (line: number, coaPort: number, tell: (event: BngEvent) => void, options: VendorLineOptions) => {
    const personality = personalityOf(options.vendor);
    if (!personality) throw new Error(`no BNG of ${options.vendor} is simulated`);
    const bng = await startBng(
      bngOptions({
        dictionary: shippedDictionary,
        personality,
        server: { address: "127.0.0.1", authPort: weir.authPort, acctPort: weir.acctPort },
        secret: SECRET,
        coaPort,
        lines: 1,
        firstLine: line,
        loginAgainMs: 30,
        backoffMs: 50,
        timeoutMs: 50,
        tries: 9,
        faults: options.faults ?? noFaults,
        tell,
      }),
    );
    running.push(bng);
    return bng;
  };
  return {
    online: async (options) => {
      const line = nextLine++;
      const coaPort = await freePort();
      await configure(line, coaPort, options);
      const events: BngEvent[] = [];
      const bng = await boot(line, coaPort, (event) => events.push(event), options);
      const vendorLine = lineOf(weir, { line, bng, events });
      await until(async () => (await sessionsOf(weir, line)).length === 1);
      return vendorLine;
    },
    clear: async () => {
      for (const bng of running.splice(0)) await bng.stop();
    },
  };
}

const sessionsOf = async (weir: WeirUnderTest, line: number) =>
  (await weir.call("GET", `/v1/sessions?state=open&subscriber=c${line}`))["items"] as { profile: { state: string } }[];

interface Online {
  readonly line: number;
  readonly bng: Bng;
  readonly events: BngEvent[];
}

function lineOf(weir: WeirUnderTest, { line, bng, events }: Online): VendorLine {
  let heard = 0;
  const measure = (kind: string) => `/v1/subscribers/c${line}/measures/${kind}?waitMs=10000`;
  return {
    line,
    bng,
    order: (kind, params) => weir.call("PUT", measure(kind), { reason: "test", ...(params && { params }) }),
    lift: (kind) => weir.call("DELETE", measure(kind)),
    inForce: () => bng.line(line)?.inForce ?? nothingInForce,
    isUp: () => bng.line(line)?.status === "up",
    standing: async () => {
      await until(() => bng.report(line));
      return (await sessionsOf(weir, line))[0]?.profile.state ?? "no session";
    },
    loginAgain: async () => {
      await bng.logout(line);
      const since = events.length;
      await bng.login(line);
      return answerOf(events.slice(since));
    },
    asked: () => {
      const since = events.slice(heard);
      heard = events.length;
      return since.flatMap((event) =>
        event.kind === "request" && event.verdict === "acknowledged" ? [event.asks] : [],
      );
    },
  };
}
