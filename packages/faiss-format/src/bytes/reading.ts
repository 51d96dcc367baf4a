/** Bytes that a reader waits for: `target` is to be filled with what the source has from `offset` on. */
export interface Fetch {
  readonly target: Uint8Array;
  readonly offset: number;
}

/**
 * A read under way. It stops whenever it needs bytes that it does not hold and goes on once they are there, so the same
 * record readers serve memory, files that are read at once and sources that answer later.
 */
export type Reading<T> = Generator<Fetch, T, undefined>;

/** Where bytes come from when they are read at once: a file, a memory of another kind. */
export interface ByteSource {
  /** Length in bytes; it does not change. */
  readonly size: number;
  /** Fills `target` with the bytes from `offset` on; `offset + target.byteLength` is at most `size`. */
  read(target: Uint8Array, offset: number): void;
}

/** Runs a read to its end on a source that answers at once. */
export function runReading<T>(reading: Reading<T>, read: (target: Uint8Array, offset: number) => void): T {
  for (;;) {
    const step = reading.next();
    if (step.done === true) return step.value;
    read(step.value.target, step.value.offset);
  }
}

/** Runs a read to its end on a source that answers later. */
export async function runReadingAsync<T>(
  reading: Reading<T>,
  read: (target: Uint8Array, offset: number) => Promise<void>,
): Promise<T> {
  for (;;) {
    const step = reading.next();
    if (step.done === true) return step.value;
    await read(step.value.target, step.value.offset);
  }
}
