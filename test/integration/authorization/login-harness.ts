import { randomBytes, randomInt } from "node:crypto";
import { pino } from "pino";
import { Registry } from "prom-client";
import type { AccessResult } from "../../../src/authorization/access.ts";
import {
  type Authorizer,
  type AuthorizerDependencies,
  createAuthorizer,
} from "../../../src/authorization/authorizer.ts";
import type { Database, Queryable } from "../../../src/database/database.ts";
import type { Dictionary } from "../../../src/dictionary/dictionary.ts";
import { loadDictionary } from "../../../src/dictionary/load-dictionary.ts";
import { insertAccessEnforcements } from "../../../src/enforcement/access-journal-store.ts";
import { liftMeasure } from "../../../src/enforcement/lift-measure.ts";
import type { MeasureDetail, MeasureKind } from "../../../src/enforcement/measure.ts";
import { orderMeasure } from "../../../src/enforcement/order-measure.ts";
import { endPasswordRegeneration, markPasswordRegenerated } from "../../../src/enforcement/regenerate-password.ts";
import { loginProfile } from "../../../src/enforcement/subscriber-profile-store.ts";
import type { Nas } from "../../../src/nas/nas.ts";
import { parseAttributeLine } from "../../../src/radius/attribute-text.ts";
import { Code } from "../../../src/radius/code.ts";
import { decodeAttributes } from "../../../src/radius/decode-attributes.ts";
import { decodePacket } from "../../../src/radius/decode-packet.ts";
import { encodeAttributes } from "../../../src/radius/encode-attributes.ts";
import { encodeRequest } from "../../../src/radius/encode-packet.ts";
import type { Packet, RawAttribute } from "../../../src/radius/packet.ts";
import { createKeyRing } from "../../../src/secrets/key-ring.ts";
import { saveGrants } from "../../../src/session/grant-store.ts";
import { createCredentialStore } from "../../../src/subscriber/credential-store.ts";
import { usernameSpelling } from "../../../src/subscriber/username-spelling.ts";

export const dictionary: Dictionary = await loadDictionary();
const keyRing = createKeyRing(["a key"]);
export const credentials = createCredentialStore({ keyRing, randomBelow: randomInt });

export const nasOf = (vendor: string, profiles: Nas["profiles"] = {}): Nas => ({
  id: `nas-${vendor}`,
  address: "127.0.0.1",
  secret: Buffer.from("nas secret"),
  vendor,
  requireMessageAuthenticator: "auto",
  coa: {},
  profiles,
  messageAuthenticatorSeen: false,
  createdAt: new Date(0),
  updatedAt: new Date(0),
});

export interface Harness {
  readonly authorizer: Authorizer;
  readonly registry: Registry;
}

export function harnessOn(database: Database, changes: Partial<AuthorizerDependencies> = {}): Harness {
  const registry = new Registry();
  const authorizer = createAuthorizer({
    database,
    dictionary,
    loginProfile,
    saveGrants,
    insertAccessEnforcements,
    credentials,
    regenerationMeasure: { markPasswordRegenerated, endPasswordRegeneration },
    registry,
    log: pino({ level: "silent" }),
    now: () => new Date(),
    randomOctets: randomBytes,
    ...changes,
  });
  return { authorizer, registry };
}

interface RequestParts {
  /** Attributes as octets, after the others. */
  readonly extra?: readonly RawAttribute[];
  /** Absent: random, as it should be. */
  readonly authenticator?: Buffer;
}

/** An Access-Request as it comes off the wire: attributes in radclient's form, User-Password hidden. */
export function accessRequest(nas: Nas, lines: readonly string[], more: RequestParts = {}): Packet {
  const { extra = [], authenticator = randomBytes(16) } = more;
  const attributes = encodeAttributes(
    dictionary,
    lines.map((line) => parseAttributeLine(dictionary, line)),
    { secret: nas.secret, authenticator },
  );
  const octets = encodeRequest({
    code: Code.AccessRequest,
    identifier: randomInt(256),
    attributes: [...attributes, ...extra],
    secret: nas.secret,
    authenticator,
    messageAuthenticator: true,
  });
  const decoded = decodePacket(octets);
  if (!decoded.ok) throw new Error(decoded.reason);
  return decoded.packet;
}

export const pap = (nas: Nas, username: string, password: string, lines: readonly string[] = []): Packet =>
  accessRequest(nas, [`User-Name = "${username}"`, `User-Password = "${password}"`, ...lines]);

/** An answer in words: its code, and its attributes as name → texts. */
export interface Answer {
  readonly code: number | string;
  readonly attributes: Readonly<Record<string, readonly string[]>>;
}

export function inWords(result: AccessResult, packet: Packet, nas: Nas): Answer {
  if (result.kind === "drop") return { code: `dropped: ${result.reason}`, attributes: {} };
  const secrets = { secret: nas.secret, authenticator: packet.authenticator };
  const decoded = decodeAttributes(dictionary, result.attributes, secrets);
  const text = (value: unknown) => (Buffer.isBuffer(value) ? value.toString("latin1") : String(value));
  const byName = Map.groupBy(decoded, ({ name }) => name);
  const attributes = [...byName].map(([name, values]) => [name, values.map(({ value }) => text(value))] as const);
  return { code: result.code, attributes: Object.fromEntries(attributes) };
}

export async function login({ authorizer }: Harness, nas: Nas, packet: Packet): Promise<Answer> {
  return inWords(await authorizer.authorize({ packet, nas, receivedAt: new Date() }), packet, nas);
}

export async function addSubscriber(
  database: Database,
  subscriber: { id: string; usernames?: readonly string[]; password?: string; plan?: object },
): Promise<void> {
  const { id, usernames = [id], password, plan } = subscriber;
  await database.query("insert into subscriber (id, plan) values ($1, $2)", [id, plan ? JSON.stringify(plan) : null]);
  await database.query(
    `insert into subscriber_username (username, subscriber_id, spelling)
     select given.name, $2, given.spelling from unnest($1::text[], $3::text[]) as given (name, spelling)`,
    [usernames, id, usernames.map(usernameSpelling)],
  );
  if (password !== undefined)
    await database.transaction((trx) => credentials.replace(trx, [{ subscriberId: id, password }]));
}

export const order = (database: Database, subscriberId: string, detail: MeasureDetail) =>
  database.transaction((trx) =>
    orderMeasure(trx, { subscriberId, detail, reason: "test", orderedBy: "key:test", now: new Date() }),
  );

export const lift = (database: Database, subscriberId: string, kind: MeasureKind) =>
  database.transaction((trx) => liftMeasure(trx, { subscriberId, kind, by: "key:test", now: new Date() }));

/** As before the first login: no subscribers, and nothing of what was given or done. */
export async function clearLogins(on: Queryable): Promise<void> {
  for (const table of ["measure", "enforcement", "grant_given", "subscriber"]) await on.query(`delete from ${table}`);
}
