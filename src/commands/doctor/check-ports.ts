import type { Config } from "../../config/config.ts";
import { type ConfiguredPort, configuredPorts } from "../ports/configured-ports.ts";
import { type Finding, failure, ok } from "./finding.ts";
import { type OwnServer, ownServer } from "./own-server.ts";

const HTTP_LIMIT_MS = 3_000;

/** What is wrong with the running server by its own account. */
async function readinessFindings(own: OwnServer): Promise<Finding[]> {
  if (own.kind === "none") return [];
  if (own.kind === "silent")
    return [failure("server", `process ${own.pid} has not answered for ${HTTP_LIMIT_MS / 1000} s`, "see its log")];
  try {
    const response = await fetch(`http://${own.place}/readyz`, { signal: AbortSignal.timeout(HTTP_LIMIT_MS) });
    if (response.ok) return [];
    return [failure("server", `it is not ready: ${await response.text()}`, "see its log")];
  } catch {
    return [failure("server", `/readyz has not answered for ${HTTP_LIMIT_MS / 1000} s`, "see its log")];
  }
}

function takenFinding({ kind, name, variable, port, place }: ConfiguredPort, own: OwnServer): Finding {
  const about = `port ${place}`;
  if (own.kind !== "none" && own.ports[kind] === port) return ok(about, `${name}: taken, by the running server`);
  const text = `${name}: taken by another Weir, or by another program`;
  return failure(about, text, `end that one, or set ${variable}, or WEIR_HOST`);
}

async function portFinding(port: ConfiguredPort, own: OwnServer): Promise<Finding> {
  const { name, variable, place } = port;
  const about = `port ${place}`;
  const state = await port.state();
  if (state === "free") return ok(about, `free for ${name}`);
  if (state === "EADDRINUSE") return takenFinding(port, own);
  if (state === "EADDRNOTAVAIL")
    return failure(about, `${name}: this machine has no such address`, "set WEIR_HOST to addresses of this machine");
  return failure(about, `${name}: cannot be bound (${state})`, `set ${variable}, or give the server's user the right`);
}

/** Whether the ports can be had, or the server of this data folder has them. */
export async function checkPorts(config: Config): Promise<Finding[]> {
  const own = await ownServer(config.dataDir);
  const ports = await Promise.all(configuredPorts(config).map((port) => portFinding(port, own)));
  return [...(await readinessFindings(own)), ...ports];
}
