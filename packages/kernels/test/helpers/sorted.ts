import { type Kernels, type Ptr, reservoirKeys, reservoirPositions } from '../../src/index.js';

/** Keys and positions of what the reservoir at r keeps for the k best, in order. */
export function sorted({ kernels, r, k }: { kernels: Kernels; r: Ptr; k: number }): [number, number][] {
  const n = kernels.reservoirSort(r);
  const keys = kernels.memory.u32(reservoirKeys(r), n);
  const positions = kernels.memory.u32(reservoirPositions(r, k), n);
  return Array.from(keys, (key, i) => [key, positions[i]!]);
}
