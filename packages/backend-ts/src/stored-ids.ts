import type { Ptr } from '@lutra/kernels';
import type { Engine } from './engine.js';

/** Moves those of `n` ids (u32) that are below `ntotal` to the front, as a file may hold others; returns how many they are. */
export function keepStored(engine: Engine, ids: Ptr, n: number, ntotal: number): number {
  const { words } = engine;
  const from = ids >>> 2;
  let kept = 0;
  for (let i = from; i < from + n; i++) {
    if (words[i]! >>> 0 < ntotal) words[from + kept++] = words[i]!;
  }
  return kept;
}
