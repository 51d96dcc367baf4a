const TWO_32 = 0x1_0000_0000;

/**
 * Turns `n` little-endian int64 into numbers, in place: `bytes` must be 8-byte aligned memory that nobody else uses, and
 * the result is a view of it.
 * @returns the numbers, and the position of the first one that is no safe integer, or -1
 */
export function int64ToNumbers(bytes: Uint8Array): { numbers: Float64Array; unsafeAt: number } {
  const n = bytes.byteLength / 8;
  const words = new Uint32Array(bytes.buffer, bytes.byteOffset, 2 * n);
  const numbers = new Float64Array(bytes.buffer, bytes.byteOffset, n);
  for (let i = 0; i < n; i++) {
    const x = (words[2 * i + 1]! | 0) * TWO_32 + words[2 * i]!;
    if (!Number.isSafeInteger(x)) return { numbers, unsafeAt: i };
    numbers[i] = x;
  }
  return { numbers, unsafeAt: -1 };
}

/** The little-endian int64 of `numbers` (safe integers), as newly allocated bytes. */
export function numbersToInt64(numbers: Float64Array): Uint8Array {
  const words = new Uint32Array(2 * numbers.length);
  for (let i = 0; i < numbers.length; i++) {
    const x = numbers[i]!;
    words[2 * i] = x >>> 0;
    words[2 * i + 1] = Math.floor(x / TWO_32) >>> 0;
  }
  return new Uint8Array(words.buffer);
}

/** The position of the first element that is no safe integer, or -1. */
export function findUnsafe(numbers: Float64Array): number {
  for (let i = 0; i < numbers.length; i++) if (!Number.isSafeInteger(numbers[i])) return i;
  return -1;
}
