/** RFC 5080 section 2.2.1: MRT, beyond which a wait grows no more. */
const LONGEST_WAIT_MS = 16_000;
/** RFC 5176 section 3: past its window the NAS takes the same Event-Timestamp for a replay, so nothing is sent any more. */
const WINDOW_MS = 300_000;

/**
 * How long to wait after each transmission, in ms: the first about `timeoutMs`, each further one about twice the one
 * before, all with 10 % of jitter (RFC 5080 section 2.2.1). One wait more than there are retransmissions, unless the
 * window ends before.
 */
export function retransmissionWaits(timeoutMs: number, retries: number, random: () => number): number[] {
  const jitter = () => 0.2 * random() - 0.1;
  const longest = Math.max(timeoutMs, LONGEST_WAIT_MS);
  let wait = timeoutMs * (1 + jitter());
  let sum = wait;
  const waits = [Math.round(wait)];
  for (let sent = 0; sent < retries; sent += 1) {
    const doubled = wait * (2 + jitter());
    wait = doubled > longest ? longest * (1 + jitter()) : doubled;
    sum += wait;
    if (sum > WINDOW_MS) break;
    waits.push(Math.round(wait));
  }
  return waits;
}
