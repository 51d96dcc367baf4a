import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { encodeNpy, type NpyArrayInit } from '@lutra/npy';
import { afterEach, beforeEach } from 'vitest';

/** A folder of the running test, gone after it. */
export interface Workspace {
  readonly folder: string;
  /** The path of `name` in the folder. */
  path(name: string): string;
  /** Writes `(n, d)` float32 vectors and returns the path. */
  vectors(name: string, x: Float32Array, d: number): Promise<string>;
  npy(name: string, array: NpyArrayInit): Promise<string>;
}

/** Gives every test of the file a fresh folder. */
export function useWorkspace(): Workspace {
  let folder = '';
  beforeEach(async () => {
    folder = await mkdtemp(join(tmpdir(), 'lutra-cli-'));
  });
  afterEach(() => rm(folder, { recursive: true, force: true }));
  const npy = async (name: string, array: NpyArrayInit): Promise<string> => {
    const path = join(folder, name);
    await writeFile(path, encodeNpy(array));
    return path;
  };
  return {
    get folder() {
      return folder;
    },
    path: (name) => join(folder, name),
    vectors: (name, x, d) => npy(name, { shape: [x.length / d, d], data: x }),
    npy,
  };
}

/** `n` vectors in `clusters` clumps, the same for the same seed. */
export function clumps(n: number, d: number, seed: number, clusters = 8): Float32Array {
  let state = seed;
  const random = (): number => {
    state = (Math.imul(state, 1664525) + 1013904223) >>> 0;
    return state / 2 ** 32;
  };
  const centres = Float32Array.from({ length: clusters * d }, () => 4 * random());
  const x = new Float32Array(n * d);
  for (let i = 0; i < n; i++) {
    const centre = Math.floor(random() * clusters);
    for (let j = 0; j < d; j++) x[i * d + j] = centres[centre * d + j]! + random();
  }
  return x;
}
