import { type Exchanged, type QueuedRequest, RequestSource, type RequestSourceOptions } from "./request-source.ts";

/** Requests towards one port of the server: as many at a time as identifiers allow, the others wait their turn. */
export interface RequestPort {
  /** Sends what `encode` makes for an identifier, and the same octets again until an answer comes or the tries are over. */
  exchange(encode: (identifier: number) => Buffer): Promise<Exchanged>;
  /** Requests that were sent again, and those that nobody answered. */
  counts(): { readonly retransmitted: number; readonly unanswered: number };
  close(): Promise<void>;
}

export interface RequestPortOptions extends RequestSourceOptions {
  /** Of 256 identifiers each. */
  readonly sourcePorts: number;
}

const MOST_WAITING = 200_000;

const total = (sources: readonly RequestSource[], of: "retransmitted" | "unanswered"): number =>
  sources.reduce((sum, source) => sum + source.counts()[of], 0);

/** Opens its source ports; rejects, with none left open, where one cannot be had. */
export async function openRequestPort(options: RequestPortOptions): Promise<RequestPort> {
  const sources: RequestSource[] = [];
  const waiting: QueuedRequest[] = [];
  let isOpen = true;
  const beginWaiting = () => {
    while (isOpen && waiting.length > 0) {
      const source = sources.find(({ hasRoom }) => hasRoom);
      const first = source && waiting.shift();
      if (!first) return;
      const finish = (result: Exchanged) => {
        first.finish(result);
        beginWaiting();
      };
      source.begin({ encode: first.encode, finish });
    }
  };
  const close = async () => {
    isOpen = false;
    for (const { finish } of waiting.splice(0)) finish({ kind: "no-answer", attempts: 0 });
    for (const source of sources) await source.close();
  };
  try {
    for (let index = 0; index < options.sourcePorts; index += 1) sources.push(await RequestSource.open(options));
  } catch (error) {
    await close();
    throw error;
  }
  return {
    exchange: (encode) =>
      new Promise((resolve) => {
        if (!isOpen || waiting.length >= MOST_WAITING) return resolve({ kind: "no-answer", attempts: 0 });
        waiting.push({ encode, finish: resolve });
        beginWaiting();
      }),
    counts: () => ({
      retransmitted: total(sources, "retransmitted"),
      unanswered: total(sources, "unanswered"),
    }),
    close,
  };
}
