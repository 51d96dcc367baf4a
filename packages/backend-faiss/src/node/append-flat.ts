import { open } from 'node:fs/promises';

/** Where the record of a flat index has its number of vectors, an int64: after the fourcc and the dimension. */
const NTOTAL_AT = 8;
/** And its number of floats, a uint64, right before the floats: after fourcc, dimension, two reserved words, flag, metric. */
const FLOATS_AT = 37;

/**
 * Appends rows to the file of a flat index where they are in memory: the vectors are the last thing in it. Taking the file
 * from there is a twentieth of the work of handing faiss-node a plain array.
 * @param ntotal - vectors in the file
 * @returns vectors in the file afterwards; if `blocks` fails, the rows before that are in, and `failed` has the reason
 */
export async function appendToFlatFile(
  path: string,
  ntotal: number,
  d: number,
  blocks: AsyncIterable<Float32Array>,
): Promise<{ ntotal: number; failed?: { reason: unknown } }> {
  const file = await open(path, 'r+');
  let rows = ntotal;
  let failed: { reason: unknown } | undefined;
  try {
    let at = (await file.stat()).size;
    try {
      for await (const block of blocks) {
        const bytes = new Uint8Array(block.buffer, block.byteOffset, block.byteLength);
        for (let done = 0; done < bytes.length; ) {
          done += (await file.write(bytes, done, bytes.length - done, at + done)).bytesWritten;
        }
        at += bytes.length;
        rows += block.length / d;
      }
    } catch (reason) {
      failed = { reason };
    }
    const numbers = new DataView(new ArrayBuffer(16));
    numbers.setBigInt64(0, BigInt(rows), true);
    numbers.setBigUint64(8, BigInt(rows * d), true);
    await file.write(new Uint8Array(numbers.buffer, 0, 8), 0, 8, NTOTAL_AT);
    await file.write(new Uint8Array(numbers.buffer, 8, 8), 0, 8, FLOATS_AT);
  } finally {
    await file.close();
  }
  return { ntotal: rows, ...(failed && { failed }) };
}
