import { type ServerNote, serverNote } from "../ports/server-note.ts";
import { hostAndPort } from "../radclient/udp-lane.ts";

/** The server of this data folder, seen from outside. */
export type OwnServer =
  /** None runs, as far as can be seen. */
  | { readonly kind: "none" }
  | { readonly kind: "running"; readonly ports: ServerNote["ports"]; readonly place: string }
  /** Its process is there, and says nothing. */
  | { readonly kind: "silent"; readonly ports: ServerNote["ports"]; readonly pid: number };

const LIMIT_MS = 3_000;
/** Both round, and the clock may have been set between. */
const MOST_APART_SECONDS = 2;

/** When the Weir at `place` started; "silent": who listens there does not answer; undefined: nobody does, or no Weir. */
async function startOf(place: string): Promise<number | "silent" | undefined> {
  try {
    const response = await fetch(`http://${place}/metrics`, { signal: AbortSignal.timeout(LIMIT_MS) });
    const line = /^process_start_time_seconds (\d+)/m.exec(await response.text());
    return line ? Number(line[1]) : undefined;
  } catch (error) {
    return error instanceof Error && error.name === "TimeoutError" ? "silent" : undefined;
  }
}

const isAlive = (pid: number): boolean => {
  try {
    return process.kill(pid, 0);
  } catch (error) {
    // Somebody else's is alive, too.
    return error instanceof Error && "code" in error && error.code === "EPERM";
  }
};

/**
 * Looks for the server that left its note in the data folder. Any Weir answers at a port: the one that started at the
 * moment that the note says is ours.
 */
export async function ownServer(dataDir: string): Promise<OwnServer> {
  const note = await serverNote(dataDir);
  if (!note) return { kind: "none" };
  const place = hostAndPort(note.host, note.ports.http);
  const startedAt = await startOf(place);
  if (startedAt === "silent")
    return isAlive(note.pid) ? { kind: "silent", ports: note.ports, pid: note.pid } : { kind: "none" };
  const isOurs = startedAt !== undefined && Math.abs(startedAt - note.startedAt) <= MOST_APART_SECONDS;
  return isOurs ? { kind: "running", ports: note.ports, place } : { kind: "none" };
}
