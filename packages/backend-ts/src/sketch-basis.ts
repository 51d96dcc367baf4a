import type { Ptr } from '@lutra/kernels';
import { centerRow, principalBasis, turnedBasis } from './clustering/principal-basis.js';
import type { Engine } from './engine.js';
import { meanRow } from './transforms/training.js';

/** Rows that the directions are found from. */
const SAMPLE = 1024;
/** The part of the squared lengths that the directions hold, if so many are enough; they come in multiples of 16. */
const SHARE = 0.95;
const MOST = 128;

/** Directions that rows are sketched along, in kernel memory: plain data, which other threads can use as it is. */
export interface SketchBasis {
  readonly components: number;
  /** f32 `(d)` */
  readonly mean: Ptr;
  /** f32 `(components, d)`, orthonormal */
  readonly directions: Ptr;
}

/** Rows that can be asked for one by one; `out`, f32 `(d)`, stays as it is where there is none. */
export interface RowReader {
  readonly d: number;
  readonly ntotal: number;
  reconstruct(id: number, out: Float32Array): boolean;
}

/**
 * The leading principal directions of rows, turned at random in their span: components of like size lose least as nibbles.
 * The caller frees it.
 */
export function makeSketchBasis(engine: Engine, rows: RowReader): SketchBasis {
  const { memory } = engine;
  const { d, ntotal } = rows;
  const count = Math.min(ntotal, SAMPLE);
  const sample = memory.alloc(Math.max(1, count) * d * 4);
  const mean = memory.alloc(d * 4);
  try {
    for (let i = 0; i < count; i++) {
      const row = memory.f32(sample + i * d * 4, d).fill(0);
      rows.reconstruct(Math.floor((i * ntotal) / count), row);
    }
    memory.f32(mean, d).set(meanRow(memory.f32(sample, count * d), count, d));
    for (let i = 0; i < count; i++) {
      const row = sample + i * d * 4;
      centerRow(engine, row, mean, d, row);
    }
    const most = Math.min(d, MOST);
    const principal = principalBasis(engine, sample, count, d, most);
    const components = enough(engine, principal, { sample, count, d });
    const directions = memory.alloc(components * d * 4);
    memory.f32(directions, components * d).set(turnedBasis(principal, components, d));
    return { components, mean, directions };
  } catch (e) {
    memory.free(mean);
    throw e;
  } finally {
    memory.free(sample);
  }
}

/** How many of the directions, f32 `(…, d)`, are needed. */
function enough(
  engine: Engine,
  principal: Float32Array,
  { sample, count, d }: { sample: Ptr; count: number; d: number },
): number {
  const { memory, kernels } = engine;
  const most = principal.length / d;
  const basis = engine.hold(principal);
  const along = memory.alloc(Math.max(1, count) * most * 4);
  try {
    kernels.ipBlock(sample, count, basis, most, d, along);
    const held = new Float64Array(most);
    memory.f32(along, count * most).forEach((v, i) => {
      held[i % most]! += v * v;
    });
    const all = memory.f32(sample, count * d).reduce((sum, v) => sum + v * v, 0);
    let share = 0;
    for (let n = 1; n < most; n++) {
      share += held[n - 1]!;
      // all of them rather than all but a few
      if (n % 16 === 0 && n + 16 <= d && share >= SHARE * all) return n;
    }
    return most;
  } finally {
    memory.free(basis);
    memory.free(along);
  }
}
