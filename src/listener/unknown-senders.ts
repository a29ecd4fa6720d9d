export interface UnknownSendersOptions {
  readonly now: () => Date;
  /** At most once a minute for each address. */
  readonly tell: (address: string) => void;
}

const EVERY_MS = 60_000;
/** More in one minute are not told: whoever makes up source addresses must not fill the log. */
const MOST_ADDRESSES = 100;

/** Tells who sends and is no NAS of ours, so that a mistyped address is found. Returns what each such datagram calls. */
export function createUnknownSenders({ now, tell }: UnknownSendersOptions): (address: string) => void {
  /** When each was told, the longest ago first. */
  const toldAt = new Map<string, number>();
  return (address) => {
    const at = now().getTime();
    for (const [told, since] of toldAt) {
      if (at - since < EVERY_MS) break;
      toldAt.delete(told);
    }
    if (toldAt.has(address) || toldAt.size >= MOST_ADDRESSES) return;
    toldAt.set(address, at);
    tell(address);
  };
}
