import type { Backend, FactorySpec, Metric, VectorIndex } from '@lutra/core';
import { parseFactory } from '@lutra/factory';
import type { KernelLevel } from '@lutra/kernels';
import { ts } from '../src/index.js';

/** The kernel level of this run: `LUTRA_KERNELS`, or undefined for the highest that runs. */
export const LEVEL: KernelLevel | undefined = levelOf(process.env.LUTRA_KERNELS);

function levelOf(name: string | undefined): KernelLevel | undefined {
  if (name === undefined || name === '') return undefined;
  if (name === 'scalar' || name === 'simd128' || name === 'relaxed-simd') return name;
  throw new Error(`LUTRA_KERNELS: no level '${name}'`);
}

/** The engine on the kernels of this run. */
export const backend: Backend = ts(LEVEL === undefined ? {} : { level: LEVEL });

/** An untrained, empty index. */
export function create(
  factory: string | FactorySpec,
  d: number,
  metric: Metric = 'l2',
): Promise<VectorIndex> {
  return backend.create(typeof factory === 'string' ? parseFactory(factory) : factory, { d, metric });
}

/** An index trained on `x` and filled with it. */
export async function build(
  factory: string,
  d: number,
  x: Float32Array,
  options: { metric?: Metric; seed?: number; ids?: ArrayLike<number> } = {},
): Promise<VectorIndex> {
  const { metric = 'l2', seed, ids } = options;
  const index = await create(factory, d, metric);
  await index.train(x, seed === undefined ? {} : { seed });
  await index.add(x, ids === undefined ? {} : { ids });
  return index;
}
