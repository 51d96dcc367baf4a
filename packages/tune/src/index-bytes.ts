import type { IndexData } from '@lutra/core';

/** Bytes of all arrays of an index; ids count 8 each. */
export function indexBytes(data: IndexData): number {
  let bytes = 0;
  const open: unknown[] = [data];
  const seen = new Set<unknown>();
  for (let value = open.pop(); value !== undefined || open.length > 0; value = open.pop()) {
    if (typeof value !== 'object' || value === null || seen.has(value)) continue;
    seen.add(value);
    if (ArrayBuffer.isView(value)) bytes += value.byteLength;
    else for (const part of Object.values(value)) open.push(part);
  }
  return bytes;
}
