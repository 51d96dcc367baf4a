import { type Ptr, reservoirKeys, reservoirPositions } from './contract.js';
import type { LinearMemory } from './memory/linear-memory.js';
import { reservoirTake } from './reservoir.js';

const MOST = 2 ** 32 - 1;

/** @see Kernels.takeIds */
export function takeIds(
  memory: LinearMemory,
  r: Ptr,
  greatest: boolean,
  starts: Ptr,
  lists: Ptr,
  nlists: number,
  out: Ptr,
): number {
  const n = reservoirTake(memory, r);
  const { u32 } = memory.whole;
  const k = u32[(r >>> 2) + 1]!;
  const keys = memory.i32(reservoirKeys(r), n);
  const positions = memory.u32(reservoirPositions(r, k), n);
  const idOf = nlists === 0 ? (position: number) => position : idsIn(memory, starts, lists, nlists);
  const found = Array.from(positions, (position, i) => ({ key: keys[i]!, id: idOf(position) }));
  found.sort((a, b) => a.key - b.key || (greatest ? b.id - a.id : a.id - b.id));
  const kept = Math.min(n, k);
  for (let i = 0; i < kept; i++) u32[(out >>> 2) + i] = found[i]!.id;
  return kept;
}

/** The id of a position in lists. */
function idsIn(memory: LinearMemory, starts: Ptr, lists: Ptr, nlists: number): (position: number) => number {
  const { u32 } = memory.whole;
  return (position) => {
    let list = nlists - 1;
    while (list > 0 && u32[(starts >>> 2) + list]! > position) list--;
    const offset = position - u32[(starts >>> 2) + list]!;
    return Math.min(memory.f64(u32[(lists >>> 2) + list]! + 8 * offset, 1)[0]!, MOST);
  };
}
