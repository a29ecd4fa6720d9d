import type { Database } from "../database/database.ts";
import type { KeyRing } from "../secrets/key-ring.ts";
import type { Nas } from "./nas.ts";
import { NasError } from "./nas-error.ts";
import {
  allNas,
  deleteNas,
  markMessageAuthenticatorSeen,
  type NasInput,
  notifyNasChanged,
  putNas,
  type ReadNases,
} from "./nas-store.ts";

/**
 * Every NAS, in memory, since each packet asks for one. A change made here is seen here before the call returns;
 * other processes and nodes hear of it through NOTIFY and look again within milliseconds.
 */
export interface NasDirectory {
  byId(id: string): Nas | undefined;
  /** Those at one source address: usually one, several behind a proxy. Address as the socket gives it, IPv4 unmapped. */
  atAddress(address: string): readonly Nas[];
  all(): readonly Nas[];
  put(input: NasInput): Promise<Nas>;
  /** False: there was none. */
  remove(id: string): Promise<boolean>;
  markMessageAuthenticatorSeen(id: string): Promise<void>;
  stop(): Promise<void>;
}

export interface NasDirectoryDependencies {
  readonly database: Database;
  readonly keyRing: KeyRing;
  readonly now: () => Date;
  /** Told when a refresh failed: the old picture stays in use. */
  readonly onRefreshError: (error: unknown) => void;
  /** Told which NASes are unknown to us since their secrets cannot be opened: at each reading, also when there are none. */
  readonly onUnreadable?: (ids: readonly string[]) => void;
}

interface Picture {
  readonly all: readonly Nas[];
  readonly byId: ReadonlyMap<string, Nas>;
  readonly byAddress: ReadonlyMap<string, readonly Nas[]>;
  readonly unreadable: ReadonlySet<string>;
}

const pictureOf = ({ nases, unreadable }: ReadNases): Picture => ({
  all: nases,
  byId: new Map(nases.map((nas) => [nas.id, nas])),
  byAddress: Map.groupBy(nases, (nas) => nas.address),
  unreadable: new Set(unreadable),
});

/**
 * Of the NASes at one address, the one that a packet's NAS-Identifier names; else the one that has no identifier, which is
 * any. A packet without NAS-Identifier is also from one that has, where it is the only one there. What calls itself
 * otherwise is another NAS, and its sessions are not to be taken for this one's.
 */
export function nasFor(candidates: readonly Nas[], nasIdentifier: string | undefined): Nas | undefined {
  return (
    candidates.find((nas) => nas.identifier !== undefined && nas.identifier === nasIdentifier) ??
    candidates.find((nas) => nas.identifier === undefined) ??
    (nasIdentifier === undefined && candidates.length === 1 ? candidates[0] : undefined)
  );
}

/** Reads all NASes, and keeps reading when told that they changed. */
export async function createNasDirectory(dependencies: NasDirectoryDependencies): Promise<NasDirectory> {
  const { database, keyRing, now } = dependencies;
  const look = async (): Promise<Picture> => {
    const read = await allNas(database, keyRing);
    dependencies.onUnreadable?.(read.unreadable);
    return pictureOf(read);
  };
  let picture = await look();
  let refreshing: Promise<void> = Promise.resolve();
  /** One after another, so that an older answer never replaces a newer one. */
  const refresh = (): Promise<void> => {
    refreshing = refreshing
      .catch(() => undefined)
      .then(async () => {
        picture = await look();
      });
    return refreshing;
  };
  const stopListening = await database.listen("weir_nas", () => {
    refresh().catch(dependencies.onRefreshError);
  });
  // A change between the first read and the start of listening was not announced to us.
  await refresh();
  const changed = async () => {
    await notifyNasChanged(database);
    await refresh();
  };
  return {
    byId: (id) => picture.byId.get(id),
    atAddress: (address) => picture.byAddress.get(address) ?? [],
    all: () => picture.all,
    put: async (input) => {
      if (input.secret === undefined && picture.unreadable.has(input.id))
        throw new NasError("secret-required", `the secret of NAS ${input.id} cannot be opened: give it again`);
      await putNas(database, keyRing, input);
      await changed();
      const stored = picture.byId.get(input.id);
      if (!stored) throw new Error(`NAS ${input.id} was removed while it was being stored`);
      return stored;
    },
    remove: async (id) => {
      const existed = await deleteNas(database, id);
      if (existed) await changed();
      return existed;
    },
    markMessageAuthenticatorSeen: async (id) => {
      await markMessageAuthenticatorSeen(database, id, now());
      await changed();
    },
    stop: stopListening,
  };
}
