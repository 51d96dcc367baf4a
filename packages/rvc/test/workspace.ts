import { mkdir, mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { writeNpyFile } from '@lutra/npy/node';
import { afterEach, beforeEach } from 'vitest';

/** A fresh folder for each test. */
export function useWorkspace(): { path(...parts: string[]): string } {
  let folder = '';
  beforeEach(async () => {
    folder = await mkdtemp(join(tmpdir(), 'lutra-rvc-'));
  });
  afterEach(() => rm(folder, { recursive: true, force: true }));
  return { path: (...parts) => join(folder, ...parts) };
}

/** Numbers in [-1, 1) of a fixed sequence. */
export function randoms(n: number, seed: number): Float32Array<ArrayBuffer> {
  let state = seed >>> 0;
  return Float32Array.from({ length: n }, () => {
    state = (Math.imul(state, 1664525) + 1013904223) >>> 0;
    return state / 2 ** 31 - 1;
  });
}

/** `n` frames of `d` dimensions around `clumps` centres. */
export function frames(n: number, d: number, seed: number, clumps = 12): Float32Array<ArrayBuffer> {
  const centres = randoms(clumps * d, 77);
  const noise = randoms(n * d, seed);
  return noise.map((v, i) => 0.3 * v + centres[(Math.floor(i / d) % clumps) * d + (i % d)]!);
}

/** Writes `(n, d)` files into `<experiment>/3_feature<d>` and returns the experiment's path. */
export async function writeFeatures(
  experiment: string,
  d: number,
  files: Readonly<Record<string, Float32Array<ArrayBuffer>>>,
): Promise<string> {
  const folder = join(experiment, `3_feature${d}`);
  await mkdir(folder, { recursive: true });
  for (const [name, data] of Object.entries(files)) {
    await writeNpyFile(join(folder, name), { shape: [data.length / d, d], data });
  }
  return experiment;
}
