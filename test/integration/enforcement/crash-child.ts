import { randomBytes } from "node:crypto";
import { openDatabase } from "../../../src/database/database.ts";
import type { NasGateway } from "../../../src/enforcement/nas-gateway.ts";
import type { Outcome } from "../../../src/enforcement/outcome.ts";
import { startDispatcher } from "./fixtures.ts";
import { planned } from "./scripted-nas.ts";

/** Where the process kills itself. */
export type CrashPoint = "prepared" | "journalled" | "sent" | "answered" | "never";

/** To the parent, which stands for the wire and the NAS; it answers "acknowledged". */
export interface Datagram {
  readonly octets: string;
  readonly localPort: number;
}

const [url = "", crashPoint = "never", ageMs = "0"] = process.argv.slice(2);
const now = () => new Date(Date.now() + Number(ageMs));

const dieAt = (point: CrashPoint): void => {
  if (point === crashPoint) process.kill(process.pid, "SIGKILL");
};

async function overTheWire(octets: Buffer): Promise<Outcome> {
  dieAt("journalled");
  const sentAt = now();
  const answered = new Promise((resolve) => process.once("message", resolve));
  process.send?.({ octets: octets.toString("hex"), localPort: 20_000 } satisfies Datagram);
  // The parent kills this process as soon as it has seen the datagram.
  if (crashPoint === "sent") await new Promise(() => undefined);
  await answered;
  dieAt("answered");
  return { kind: "acknowledged", attempts: 1, sentAt, answeredAt: now() };
}

const gateway: NasGateway = {
  plan: ({ to }) => planned([{ kind: "coa", attributes: [{ name: "Filter-Id", value: JSON.stringify(to) }] }]),
  identification: () => ({ kind: "session" }),
  capacity: () => 10,
  prepare: async (_nas, session) => {
    const octets = Buffer.from(`${session.id} ${randomBytes(8).toString("hex")}`);
    dieAt("prepared");
    return { octets, localPort: 20_000, send: () => overTheWire(octets), abandon: () => undefined };
  },
  resume: (_nas, { octets }) => overTheWire(octets),
};

const database = openDatabase({ url, maxConnections: 5, onConnectionError: () => undefined });
startDispatcher(database, { gateway }, { nodeId: "crashing", now });
