import type { Ptr } from './contract.js';
import type { LinearMemory } from './memory/linear-memory.js';

const MOST = 2 ** 32 - 1;

/** @see Kernels.idsAt */
export function idsAt(
  memory: LinearMemory,
  positions: Ptr,
  n: number,
  starts: Ptr,
  lists: Ptr,
  nlists: number,
  out: Ptr,
): void {
  const { u32 } = memory.whole;
  for (let i = 0; i < n; i++) {
    const position = u32[(positions >>> 2) + i]!;
    let list = nlists - 1;
    while (list > 0 && u32[(starts >>> 2) + list]! > position) list--;
    const offset = position - u32[(starts >>> 2) + list]!;
    const id = memory.f64(u32[(lists >>> 2) + list]! + 8 * offset, 1)[0]!;
    u32[(out >>> 2) + i] = Math.min(id, MOST);
  }
}
