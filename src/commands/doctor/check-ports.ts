import { once } from "node:events";
import { createServer } from "node:net";
import type { Config } from "../../config/config.ts";
import { hostAndPort } from "../radclient/udp-lane.ts";
import { udpPortState } from "../radclient/udp-port-state.ts";
import { type Finding, failure, ok } from "./finding.ts";

const HTTP_LIMIT_MS = 3_000;

async function tcpPortState(host: string, port: number): Promise<string> {
  const server = createServer();
  try {
    server.listen({ host, port, ipv6Only: host.includes(":"), exclusive: true });
    await once(server, "listening");
    return "free";
  } catch (error) {
    return error instanceof Error && "code" in error ? String(error.code) : "unknown";
  } finally {
    server.close();
  }
}

/** What a Weir answers to /readyz; undefined: there is none. */
async function readiness(place: string): Promise<{ readonly isReady: boolean; readonly text: string } | undefined> {
  try {
    const response = await fetch(`http://${place}/readyz`, { signal: AbortSignal.timeout(HTTP_LIMIT_MS) });
    const text = await response.text();
    return text.includes('"database"') ? { isReady: response.ok, text } : undefined;
  } catch {
    return undefined;
  }
}

interface Port {
  readonly name: string;
  readonly variable: string;
  readonly place: string;
}

function findingFor(state: string, { name, variable, place }: Port, isWeirHere: boolean): Finding {
  const about = `port ${place}`;
  if (state === "free") return ok(about, `free for ${name}`);
  if (state === "EADDRINUSE" && isWeirHere) return ok(about, `${name}: taken, by the running server`);
  if (state === "EADDRINUSE")
    return failure(about, `${name}: taken by another program`, `end that program, or set ${variable} or WEIR_HOST`);
  if (state === "EADDRNOTAVAIL")
    return failure(about, `${name}: this machine has no such address`, "set WEIR_HOST to addresses of this machine");
  return failure(about, `${name}: cannot be bound (${state})`, `set ${variable}, or give the server's user the right`);
}

async function checkHost({ httpPort, authPort, acctPort }: Config, host: string): Promise<Finding[]> {
  const place = (port: number) => hostAndPort(host, port);
  const answer = httpPort === 0 ? undefined : await readiness(place(httpPort));
  const isHere = answer !== undefined;
  const port = (name: string, variable: string, number: number): Port => ({ name, variable, place: place(number) });
  const findings: Finding[] = [];
  if (answer && !answer.isReady)
    findings.push(
      failure(`port ${place(httpPort)}`, `the server is not ready: ${answer.text}`, "see the server's log"),
    );
  if (httpPort > 0)
    findings.push(findingFor(await tcpPortState(host, httpPort), port("the API", "WEIR_HTTP_PORT", httpPort), isHere));
  for (const [name, variable, number] of [
    ["RADIUS auth", "WEIR_AUTH_PORT", authPort],
    ["RADIUS acct", "WEIR_ACCT_PORT", acctPort],
  ] as const)
    if (number > 0) findings.push(findingFor(await udpPortState(host, number), port(name, variable, number), isHere));
  return findings;
}

/** Whether the ports can be had, or a running Weir has them. */
export async function checkPorts(config: Config): Promise<Finding[]> {
  return (await Promise.all(config.hosts.map((host) => checkHost(config, host)))).flat();
}
