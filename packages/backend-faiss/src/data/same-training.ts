import { type IndexData, LutraError } from '@lutra/core';
import { emptied } from './empty.js';

/** What two indexes trained alike may still differ in. */
const FREE: readonly string[] = [
  'ntotal',
  'nprobe',
  'kFactor',
  'ntotal2',
  'directMap',
  'implem',
  'qbs',
  'qbs2',
];

/**
 * Throws unless the two were built and trained alike, to the last number: vectors encoded under one training mean nothing
 * under another.
 * @throws LutraError `ARGUMENT` that names the first difference
 */
export function assertSameTraining(mine: IndexData, theirs: IndexData): void {
  const where = difference(emptied(mine), emptied(theirs), '');
  if (where === undefined) return;
  throw new LutraError('ARGUMENT', `merge: the other index is built or trained otherwise: ${where}`, {
    argument: 'other',
  });
}

function difference(a: unknown, b: unknown, path: string): string | undefined {
  if (Object.is(a, b)) return undefined;
  if (typeof a !== 'object' || typeof b !== 'object' || a === null || b === null) {
    return `${path} is ${String(b)}, wanted ${String(a)}`;
  }
  if (ArrayBuffer.isView(a) && ArrayBuffer.isView(b)) {
    return sameBytes(a, b) ? undefined : `${path} differ`;
  }
  const keys = new Set([...Object.keys(a), ...Object.keys(b)]);
  for (const key of keys) {
    if (FREE.includes(key)) continue;
    const found = difference(Reflect.get(a, key), Reflect.get(b, key), path ? `${path}.${key}` : key);
    if (found !== undefined) return found;
  }
  return undefined;
}

function sameBytes(a: ArrayBufferView, b: ArrayBufferView): boolean {
  if (a.byteLength !== b.byteLength) return false;
  const left = new Uint8Array(a.buffer, a.byteOffset, a.byteLength);
  const right = new Uint8Array(b.buffer, b.byteOffset, b.byteLength);
  return left.every((byte, i) => byte === right[i]);
}
