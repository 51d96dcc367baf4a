import { type Backend, isLutraError, type LutraErrorCode, type Metric, type VectorIndex } from '@lutra/core';
import { parseFactory } from '@lutra/factory';
import { expect } from 'vitest';
import { faiss } from '../src/index.js';
import { modulePath } from './build-child.js';

/** One thread: on small data more of them wait for each other longer than they work. */
export const backend: Backend = faiss({ module: modulePath(), threads: 1 });

const made: VectorIndex[] = [];

/** Ends the processes of the indexes that a test has made. */
export function disposeAll(): void {
  for (const index of made.splice(0)) index.dispose();
}

/** Registers an index for {@link disposeAll}. */
export function track<T extends VectorIndex>(index: T): T {
  made.push(index);
  return index;
}

/** An untrained, empty index. */
export async function create(factory: string, d: number, metric: Metric = 'l2'): Promise<VectorIndex> {
  return track(await backend.create(parseFactory(factory), { d, metric }));
}

/** An index trained on `x` and filled with it. */
export async function build(
  factory: string,
  x: Float32Array,
  d: number,
  metric: Metric = 'l2',
): Promise<VectorIndex> {
  const index = await create(factory, d, metric);
  await index.train(x);
  await index.add(x);
  return index;
}

/** `n` rows of `d` around 12 centres, from a fixed sequence. */
export function rows(n: number, d: number, seed = 1): Float32Array {
  let state = seed >>> 0;
  const random = (): number => {
    state = (Math.imul(state, 1664525) + 1013904223) >>> 0;
    return state / 2 ** 32;
  };
  const centres = Float32Array.from({ length: 12 * d }, (_, i) => Math.sin(7 * i + 1) * 2);
  const x = new Float32Array(n * d);
  for (let i = 0; i < n; i++) {
    const c = Math.floor(random() * 12) * d;
    for (let j = 0; j < d; j++) x[i * d + j] = centres[c + j]! + random() + random() - 1;
  }
  return x;
}

/** Expects that `call` throws or rejects with a LutraError of `code` whose message matches. */
export async function expectError(
  call: () => unknown,
  code: LutraErrorCode,
  message: RegExp = /./,
): Promise<void> {
  let error: unknown;
  try {
    await call();
  } catch (e) {
    error = e;
  }
  expect(isLutraError(error) ? error.code : String(error), String(error)).toBe(code);
  expect((error as Error).message).toMatch(message);
}

/** Exact squared distances of one query to all rows, by position. */
export function distancesTo(q: Float32Array, x: Float32Array, d: number): Float64Array {
  return Float64Array.from({ length: x.length / d }, (_, i) => {
    let sum = 0;
    for (let j = 0; j < d; j++) sum += (q[j]! - x[i * d + j]!) ** 2;
    return sum;
  });
}

/** Positions of the k smallest of `values` that `test` lets through, nearest first. */
export function nearest(
  values: Float64Array,
  k: number,
  test: (id: number) => boolean = () => true,
): number[] {
  return [...values.keys()]
    .filter(test)
    .sort((a, b) => values[a]! - values[b]! || a - b)
    .slice(0, k);
}
