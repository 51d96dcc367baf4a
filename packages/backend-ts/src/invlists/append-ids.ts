import type { Ptr } from '@lutra/kernels';
import type { Engine } from '../engine.js';
import type { IdList } from './id-list.js';

/** Appends `ids[i]` to list `assign[i]`, in order of i; `counts` has how many go to each, and there is room. */
export function appendIds(
  engine: Engine,
  lists: readonly IdList[],
  counts: Uint32Array,
  assign: Uint32Array,
  ids: Float64Array,
): void {
  const next: Ptr[] = lists.map((list, i) => (counts[i]! > 0 ? list.extend(counts[i]!) : 0));
  const { buffer } = engine.memory;
  const all = new Float64Array(buffer, 0, Math.floor(buffer.byteLength / 8));
  for (let i = 0; i < assign.length; i++) {
    const list = assign[i]!;
    all[next[list]! / 8] = ids[i]!;
    next[list]! += 8;
  }
}
