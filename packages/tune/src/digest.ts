import { LutraError } from '@lutra/core';
import { countOf, type ReadableRows, takeRows } from './measure/take-rows.js';

const DIGEST_ROWS = 1024;

/**
 * SHA-256, in hexadecimal, of up to 1024 rows evenly spread over `rows`, first and last included, as little-endian
 * float32. Tells data sets apart; a change of a few rows in between may go unseen.
 */
export async function sampleDigest(rows: ReadableRows, d: number, signal?: AbortSignal): Promise<string> {
  const n = countOf(rows, d);
  const count = Math.min(n, DIGEST_ROWS);
  const chosen = Float64Array.from({ length: count }, (_, i) =>
    count === 1 ? 0 : Math.floor((i * (n - 1)) / (count - 1)),
  );
  return sha256(await takeRows(rows, d, chosen, signal));
}

/** SHA-256 of the bytes of `values`, in hexadecimal. */
export async function sha256(values: Float32Array): Promise<string> {
  const subtle = globalThis.crypto?.subtle;
  if (subtle === undefined) {
    const feature = 'SHA-256 outside of a secure context';
    throw new LutraError('UNSUPPORTED', `tune: ${feature} is not to be had here`, {
      feature,
      by: 'this page',
    });
  }
  const copy = new Uint8Array(values.byteLength);
  copy.set(new Uint8Array(values.buffer, values.byteOffset, values.byteLength));
  const digest = new Uint8Array(await subtle.digest('SHA-256', copy));
  return Array.from(digest, (byte) => byte.toString(16).padStart(2, '0')).join('');
}
