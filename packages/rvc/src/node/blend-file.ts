import { LutraError, type VectorIndex } from '@lutra/core';
import { readRows } from '@lutra/npy';
import { openNpyFile, writeNpyFile } from '@lutra/npy/node';
import type { Backend } from 'lutra';
import { readIndexFile } from 'lutra/node';
import { type BlendOptions, type BlendResult, blendFeatures } from '../blend.js';
import { FEATURE_DIMENSIONS } from '../rules.js';
import { assertOutputs } from './output-files.js';

/** As {@link BlendOptions}, and who serves the index. */
export interface BlendFileOptions extends BlendOptions {
  readonly backends?: readonly Backend[];
}

/**
 * Mixes the features of one file with their neighbours in an index file, as `blendFeatures` does, and writes the result,
 * float32 of the same shape, whole or not at all.
 * @param indexPath - an `added_….index` file
 * @param featuresPath - an `.npy` file, `(frames, d)` of any numeric dtype
 * @throws LutraError `SHAPE` naming both files if they have different dimensions, `ARGUMENT` for a path that cannot be
 *   read or written, and what `blendFeatures` and the readers throw
 */
export async function blendFile(
  indexPath: string,
  featuresPath: string,
  outPath: string,
  options: BlendFileOptions = {},
): Promise<Omit<BlendResult, 'features'>> {
  const { backends, ...blendOptions } = options;
  const { signal } = options;
  await assertOutputs([outPath]);
  const file = await openNpyFile(featuresPath);
  const index = await readIndexFile(indexPath, { backends, signal });
  try {
    assertSameDimension(index, indexPath, file.shape[1], featuresPath);
    const frames = await readRows(file, 0, file.shape[0], { signal });
    const { features, ...counts } = await blendFeatures(index, frames, blendOptions);
    await writeNpyFile(outPath, { shape: [counts.frames, index.d], data: features });
    return counts;
  } finally {
    index.dispose();
  }
}

function assertSameDimension(index: VectorIndex, indexPath: string, d: number, path: string): void {
  if (d === index.d) return;
  const message = `${path}: features have ${dimensions(d)}, ${indexPath} has ${dimensions(index.d)}`;
  throw new LutraError('SHAPE', message, {
    expected: `(frames, ${index.d})`,
    actual: `(frames, ${d})`,
    path,
  });
}

/** RVC's versions are told apart by their dimensions. */
function dimensions(d: number): string {
  const version = Object.entries(FEATURE_DIMENSIONS).find(([, known]) => known === d)?.[0];
  return `${d} dimensions${version ? ` (${version})` : ''}`;
}
