/** Octets that are kept as they come. */
export interface GatheredOctets {
  add(piece: Buffer): void;
  /** All of them, in memory of their own. */
  whole(): Buffer;
}

const FIRST_OCTETS = 4 * 1024;
const BLOCK_OCTETS = 64 * 1024;

/**
 * Copies what comes into blocks, so that a body in a million pieces costs no more than in one. `reserved`: the room for all
 * of it is taken at once, and nothing is copied twice.
 */
export function gatheredOctets(reserved: number | undefined): GatheredOctets {
  const full: Buffer[] = [];
  let block = Buffer.allocUnsafe(reserved ?? FIRST_OCTETS);
  let used = 0;
  return {
    add: (piece) => {
      let copied = 0;
      while (copied < piece.length) {
        if (used === block.length) {
          full.push(block);
          block = Buffer.allocUnsafe(BLOCK_OCTETS);
          used = 0;
        }
        const count = piece.copy(block, used, copied);
        copied += count;
        used += count;
      }
    },
    whole: () => (full.length === 0 ? block.subarray(0, used) : Buffer.concat([...full, block.subarray(0, used)])),
  };
}
