import { LutraError } from '@lutra/core';
import type { NpyData } from './dtype.js';
import { argumentError, MEMORY, withinMemory } from './fault.js';

/**
 * The elements as exact numbers: ids, labels, counts.
 * @param array - an array or its `data`; a copy is made
 * @returns as many float64, each a safe integer
 * @throws LutraError `CAPACITY` for an integer beyond ±(2^53 - 1), `ARGUMENT` for one that is not whole
 */
export function toSafeIntegers(array: NpyData | { readonly data: NpyData }): Float64Array {
  const data = 'data' in array ? array.data : array;
  const out = withinMemory(8 * data.length, MEMORY, () => new Float64Array(data.length));
  for (let i = 0; i < out.length; i++) {
    const x = data[i]!;
    const value = Number(x);
    if (!Number.isSafeInteger(value)) throw notSafe(x, i);
    out[i] = value;
  }
  return out;
}

function notSafe(x: number | bigint, index: number): LutraError {
  const whole = typeof x === 'bigint' || Number.isInteger(x);
  if (!whole) return argumentError('data', `element ${index} is ${x}, not a whole number`, x);
  return new LutraError('CAPACITY', `npy: element ${index} is ${x}, beyond ±(2^53 - 1)`, {
    wanted: Number(x),
    limit: Number.MAX_SAFE_INTEGER,
    what: 'exact integer',
  });
}
