import { Registry } from "prom-client";
import { createCoaMetrics } from "../../../src/coa/coa-metrics.ts";
import { createNasGateway, type NasGatewayOptions } from "../../../src/coa/nas-gateway.ts";
import type { NasGateway, Step } from "../../../src/enforcement/nas-gateway.ts";
import type { Outcome } from "../../../src/enforcement/outcome.ts";
import type { CoaSettings, Nas } from "../../../src/nas/nas.ts";
import type { Session } from "../../../src/session/session.ts";
import { shippedDictionary } from "../../support/wire.ts";
import { secret } from "./scripted-peer.ts";

export interface GatewayUnderTest extends NasGateway {
  readonly registry: Registry;
  stop(): Promise<void>;
}

export function startGateway(changes: Partial<NasGatewayOptions> = {}): GatewayUnderTest {
  const registry = new Registry();
  const gateway = createNasGateway({
    dictionary: shippedDictionary,
    metrics: createCoaMetrics(registry),
    now: () => new Date(),
    random: () => 0.5,
    ...changes,
  });
  return { ...gateway, registry };
}

export const nasAt = (coaPort: number, coa: CoaSettings = {}, changes: Partial<Nas> = {}): Nas => ({
  id: "bng1",
  address: "127.0.0.1",
  secret,
  vendor: "generic",
  coaPort,
  requireMessageAuthenticator: "auto",
  coa,
  profiles: {},
  messageAuthenticatorSeen: false,
  createdAt: new Date(0),
  updatedAt: new Date(0),
  ...changes,
});

export const session: Session = {
  id: "1",
  nasId: "bng1",
  acctSessionId: "acct-1",
  username: "alice@isp.example",
  startedAt: new Date(0),
  lastSeenAt: new Date(0),
  ipv4: "100.64.0.1",
  ipv6: [],
  inputOctets: 0n,
  outputOctets: 0n,
  identity: {
    "NAS-IP-Address": "192.0.2.1",
    "NAS-Identifier": "bng1.isp.example",
    "Calling-Station-Id": "02:00:5e:00:53:01",
  },
};

export const garden: Step = { kind: "coa", attributes: [{ name: "Filter-Id", value: "walled-garden" }] };
export const disconnect: Step = { kind: "disconnect", attributes: [] };

export async function enforce(gateway: NasGateway, nas: Nas, step = garden, of = session): Promise<Outcome> {
  const prepared = await gateway.prepare(nas, of, step);
  return await prepared.send(() => true);
}

/** Sum of a counter's samples with these labels. */
export async function counted(registry: Registry, name: string, labels: Record<string, string> = {}): Promise<number> {
  const metric = await registry.getSingleMetric(name)?.get();
  const matching = (metric?.values ?? []).filter((sample) =>
    Object.entries(labels).every(([label, value]) => Object.is(sample.labels[label], value)),
  );
  return matching.reduce((sum, { value }) => sum + value, 0);
}
