/** Sixteen bins an octave, the first two octaves exact. */
const SUB_BITS = 4;
const BINS = 400;

/**
 * Doubly linked lists of free chunks by size class, and a bitmap of the classes that are not empty (two-level
 * segregated fit: Masmano et al. 2004, "TLSF: a new dynamic memory allocator for real-time systems"). Sizes are in
 * units of 16 bytes; what a chunk is and where its links live is the caller's business.
 */
export class SizeBins {
  /** First chunk of each bin, 0 when empty. */
  readonly heads: Uint32Array = new Uint32Array(BINS);
  readonly #bitmap = new Uint32Array(Math.ceil(BINS / 32));

  /** The bin of chunks that are `units` long, or up to 1/16 longer. */
  binOf(units: number): number {
    const octave = 31 - Math.clz32(units);
    if (octave < SUB_BITS) return units;
    return (octave - SUB_BITS + 1) * 16 + ((units >>> (octave - SUB_BITS)) & 15);
  }

  /** Whether every chunk in the bin of `units` is at least `units` long. */
  isLowerBound(units: number): boolean {
    const octave = 31 - Math.clz32(units);
    return octave <= SUB_BITS || (units & ((1 << (octave - SUB_BITS)) - 1)) === 0;
  }

  setHead(bin: number, chunk: number): void {
    this.heads[bin] = chunk;
    const bit = 1 << (bin & 31);
    if (chunk === 0) this.#bitmap[bin >>> 5]! &= ~bit;
    else this.#bitmap[bin >>> 5]! |= bit;
  }

  /** The first bin from `bin` upwards that is not empty, or -1. */
  firstFrom(bin: number): number {
    let word = bin >>> 5;
    let bits = (this.#bitmap[word] ?? 0) & (-1 << (bin & 31));
    while (bits === 0) {
      word++;
      if (word >= this.#bitmap.length) return -1;
      bits = this.#bitmap[word]!;
    }
    return word * 32 + (31 - Math.clz32(bits & -bits));
  }
}
