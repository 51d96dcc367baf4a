/**
 * The k best of a stream of keys with positions, in kernel memory (which of the ties: see `Kernels.reservoirStart`). Scalar
 * reference: the same candidates are kept, though their order before a sort may differ.
 */
import type { Ptr } from './contract.js';
import { reservoirCapacity, reservoirKeys, reservoirPositions } from './contract.js';
import type { LinearMemory } from './memory/linear-memory.js';

/** Where the parts of the reservoir at `r` are, as indices of 32-bit words. */
interface Words {
  readonly n: number;
  readonly k: number;
  readonly capacity: number;
  readonly threshold: number;
  readonly keys: number;
  readonly positions: number;
}

function words(memory: LinearMemory, r: Ptr): Words {
  const at = r >>> 2;
  const k = memory.whole.u32[at + 1]!;
  return {
    n: at,
    k: at + 1,
    capacity: at + 2,
    threshold: at + 3,
    keys: reservoirKeys(r) >>> 2,
    positions: reservoirPositions(r, k) >>> 2,
  };
}

/** @see Kernels.reservoirStart */
export function reservoirStart(memory: LinearMemory, r: Ptr, k: number, threshold: number): void {
  memory.whole.u32.set([0, k, reservoirCapacity(k), threshold], r >>> 2);
}

/** Offers one candidate. */
export function offer(memory: LinearMemory, r: Ptr, key: number, position: number): void {
  const { u32 } = memory.whole;
  const at = words(memory, r);
  if (key > (u32[at.threshold]! | 0)) return;
  if (u32[at.n] === u32[at.capacity]) {
    keepBest(memory, r);
    if (key > (u32[at.threshold]! | 0)) return;
  }
  const n = u32[at.n]!++;
  u32[at.keys + n] = key;
  u32[at.positions + n] = position;
}

/** Sorts what is held and drops what cannot be among the results. */
function keepBest(memory: LinearMemory, r: Ptr): number {
  const { u32 } = memory.whole;
  const at = words(memory, r);
  const k = u32[at.k]!;
  let all = Array.from({ length: u32[at.n]! }, (_, i) => ({
    key: u32[at.keys + i]! | 0,
    position: u32[at.positions + i]!,
  }));
  all.sort((a, b) => a.key - b.key || a.position - b.position);
  if (all.length >= k) {
    const limit = all[k - 1]!.key;
    const within = all.filter(({ key }) => key <= limit).map(({ position }) => position);
    const last = within.sort((a, b) => a - b)[k - 1]!;
    all = all.filter(({ key, position }) => key < limit || (key === limit && position <= last));
    u32[at.threshold] = limit;
  }
  all.forEach(({ key, position }, i) => {
    u32[at.keys + i] = key;
    u32[at.positions + i] = position;
  });
  u32[at.n] = all.length;
  return all.length;
}

/** @see Kernels.reservoirTake */
export function reservoirTake(memory: LinearMemory, r: Ptr): number {
  return keepBest(memory, r);
}

/** @see Kernels.reservoirSort */
export function reservoirSort(memory: LinearMemory, r: Ptr): number {
  return keepBest(memory, r);
}

/** @see Kernels.selectF32 */
export function selectF32(
  memory: LinearMemory,
  values: Ptr,
  n: number,
  negate: boolean,
  first: number,
  ids: Ptr,
  r: Ptr,
): void {
  const { f32, u32 } = memory.whole;
  const at = values >>> 2;
  for (let i = 0; i < n; i++) {
    const value = negate ? 0 - f32[at + i]! : f32[at + i]! + 0;
    if (!Number.isNaN(value))
      offer(memory, r, floatKey(value), ids === 0 ? first + i : u32[(ids >>> 2) + i]!);
  }
}

const bits = new Int32Array(1);
const float = new Float32Array(bits.buffer);

/** An integer in the order of float32 values. */
function floatKey(value: number): number {
  float[0] = value;
  return bits[0]! ^ ((bits[0]! >> 31) & 0x7fffffff);
}
