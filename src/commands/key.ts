import { randomUUID } from "node:crypto";
import { parseArgs } from "node:util";
import { keyDigest, newApiKey } from "../api/api-key.ts";
import { recordAudit } from "../api/audit-store.ts";
import { insertKey, type KeyRecord, listKeys, revokeKey, sourceExists } from "../api/key-store.ts";
import { type Role, roles } from "../api/rights.ts";
import type { Core } from "../core.ts";
import type { CommandIo } from "./command-io.ts";
import { readArguments, wrongUsage } from "./read-arguments.ts";
import { textTable } from "./text-table.ts";
import { visibleJson } from "./visible-json.ts";
import { visibleText } from "./visible-text.ts";
import { withCore } from "./with-core.ts";

const usage = `usage: weir key create --role ROLE [--name NAME] [--source SOURCE]
       weir key list [--json]
       weir key revoke ID

create prints the new key alone on standard output, once: it is not stored and
cannot be shown again.
  --role ROLE      ${roles.join(", ")}
  --name NAME      for people: who or what uses it
  --source SOURCE  with --role ingest, which needs it: the one source whose
                   reports the key may send
revoke holds at once, also for a server that is running. The key in
WEIR_ADMIN_KEY or in the data folder's file admin-key is not in the list.

exit code: 0 done, 1 failed, 2 wrong usage or configuration
`;

const actor = "command-line";
const PAGE = 500;
const uuid = /^[0-9a-f]{8}(?:-[0-9a-f]{4}){3}-[0-9a-f]{12}$/i;

interface Wanted {
  readonly role: Role;
  readonly name: string | null;
  readonly source: string | null;
}

async function create({ database }: Core, io: CommandIo, wanted: Wanted): Promise<number> {
  if (wanted.source !== null && !(await sourceExists(database, wanted.source))) {
    io.stderr.write(`weir key: there is no source ${wanted.source}: make it with PUT /v1/sources/${wanted.source}\n`);
    return 1;
  }
  const key = newApiKey();
  const { name, role, source } = wanted;
  const made = await database.transaction(async (trx) => {
    const record = await insertKey(trx, { id: randomUUID(), ...wanted, sha256: keyDigest(key), createdBy: actor });
    const detail = { role, ...(name !== null && { name }), ...(source !== null && { source }) };
    await recordAudit(trx, { actor, action: "key.create", subject: `key:${record.id}`, detail });
    return record;
  });
  io.stderr.write(`id ${made.id}, role ${role}; the key, shown this once:\n`);
  io.stdout.write(`${key}\n`);
  return 0;
}

async function allKeys({ database }: Core): Promise<KeyRecord[]> {
  const all: KeyRecord[] = [];
  for (let cursor: string | undefined; ; ) {
    const page = await listKeys(database, { limit: PAGE, ...(cursor !== undefined && { cursor }) });
    all.push(...page.items);
    if (page.next === null) return all;
    cursor = page.next;
  }
}

const row = (key: KeyRecord): string[] => [
  key.id,
  key.source === null ? key.role : `${key.role} (${key.source})`,
  key.createdAt.toISOString(),
  key.revokedAt === null ? "" : key.revokedAt.toISOString(),
  key.name ?? "",
];

async function list(core: Core, io: CommandIo, asJson: boolean): Promise<number> {
  const keys = await allKeys(core);
  if (asJson) io.stdout.write(visibleJson(keys, 2));
  else if (keys.length === 0) io.stdout.write("there are no keys yet but the admin key\n");
  else io.stdout.write(textTable([["ID", "ROLE", "CREATED", "REVOKED", "NAME"], ...keys.map(row)]));
  return 0;
}

async function revoke({ database, now }: Core, io: CommandIo, id: string): Promise<number> {
  const revoked = await database.transaction(async (trx) => {
    const key = await revokeKey(trx, { id, by: actor, at: now() });
    if (key) await recordAudit(trx, { actor, action: "key.revoke", subject: `key:${key.id}` });
    return key;
  });
  if (!revoked) {
    io.stderr.write(`weir key: there is no key ${id}\n`);
    return 1;
  }
  io.stdout.write(`revoked ${revoked.id}${revoked.name === null ? "" : ` (${visibleText(revoked.name)})`}\n`);
  return 0;
}

interface Options {
  readonly role?: string | undefined;
  readonly name?: string | undefined;
  readonly source?: string | undefined;
}

/** What a key is to be, or what is wrong with the wish. */
function wantedKey({ role: said, name, source }: Options): Wanted | string {
  const role = roles.find((one) => one === said);
  if (!role) return said === undefined ? "--role is missing" : `"${said}" is none of the roles ${roles.join(", ")}`;
  if (role === "ingest" && source === undefined) return "an ingest key speaks for one source: --source is missing";
  if (role !== "ingest" && source !== undefined) return "--source is only for keys of role ingest";
  if ((name?.length ?? 0) > 200) return "--name takes 200 characters";
  return { role, name: name ?? null, source: source ?? null };
}

export async function run(args: readonly string[], io: CommandIo): Promise<number> {
  const form = { command: "key", usage, count: [1, 2] as const };
  const read = readArguments(io, form, () =>
    parseArgs({
      args: [...args],
      allowPositionals: true,
      options: {
        role: { type: "string" },
        name: { type: "string" },
        source: { type: "string" },
        json: { type: "boolean" },
        help: { type: "boolean", short: "h" },
      },
    }),
  );
  if (read.kind === "done") return read.code;
  const { values, positionals } = read.given;
  const [verb, id] = positionals;
  if (verb === "revoke") {
    if (id === undefined || !uuid.test(id)) return wrongUsage(io, form, "revoke takes a key's id, as list shows it");
    return await withCore(io, "key", (core) => revoke(core, io, id));
  }
  if (id !== undefined) return wrongUsage(io, form, `"${id}" is one argument too many`);
  if (verb === "list") return await withCore(io, "key", (core) => list(core, io, values.json ?? false));
  if (verb !== "create") return wrongUsage(io, form, `"${verb}" is none of create, list, revoke`);
  const wanted = wantedKey(values);
  if (typeof wanted === "string") return wrongUsage(io, form, wanted);
  return await withCore(io, "key", (core) => create(core, io, wanted));
}
