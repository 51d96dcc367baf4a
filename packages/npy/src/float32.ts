import type { NpyData } from './dtype.js';
import { MEMORY, withinMemory } from './fault.js';

/**
 * Each element as the nearest float32, ties to even, as NumPy's `astype('float32')`.
 * @returns `data` itself if it is float32, else a copy
 */
export function toFloat32Data(data: NpyData): Float32Array {
  if (data instanceof Float32Array) return data;
  const out = withinMemory(4 * data.length, MEMORY, () => new Float32Array(data.length));
  if (data instanceof BigInt64Array || data instanceof BigUint64Array) {
    for (let i = 0; i < out.length; i++) out[i] = float32OfBigInt(data[i]!);
  } else {
    out.set(data);
  }
  return out;
}

const SAFE = 1n << 53n;

/** Beyond 2^53 `Number` would round once and float32 again; a sticky lowest bit keeps it to one rounding. */
function float32OfBigInt(x: bigint): number {
  if (x <= SAFE && x >= -SAFE) return Number(x);
  const size = x < 0n ? -x : x;
  const top = size >> 11n;
  const sticky = top << 11n === size ? top : top | 1n;
  return (x < 0n ? -2048 : 2048) * Number(sticky);
}
