/**
 * How long to wait after each transmission, in ms: the first about `timeoutMs`, each further one about twice the one
 * before, all with 10 % of jitter (RFC 5080 section 2.2.1). One wait more than there are retransmissions.
 */
export function retransmissionWaits(timeoutMs: number, retries: number, random: () => number): number[] {
  const jitter = () => 0.2 * random() - 0.1;
  const waits = [timeoutMs * (1 + jitter())];
  for (let sent = 0; sent < retries; sent += 1) waits.push((waits.at(-1) as number) * (2 + jitter()));
  return waits.map(Math.round);
}
