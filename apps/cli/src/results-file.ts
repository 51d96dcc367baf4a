import { assertNotAborted } from '@lutra/core';
import { AtomicFile } from '@lutra/core/node';
import { encodeNpy, type NpyData, type NpyDtype } from '@lutra/npy';
import { NpyWriter } from '@lutra/npy/node';

/** An array and the file it goes to; nowhere if there is no path. */
export interface ResultFile {
  readonly path: string | undefined;
  readonly values: NpyData;
  readonly dtype: NpyDtype;
  readonly shape: readonly number[];
}

/** Writes all of `files` or, if one fails or the signal fires, none. */
export async function writeResults(files: readonly ResultFile[], signal: AbortSignal): Promise<void> {
  const open: AtomicFile[] = [];
  try {
    for (const { path, values, dtype, shape } of files) {
      assertNotAborted(signal);
      if (path === undefined) continue;
      const file = await AtomicFile.create(path);
      open.push(file);
      await file.write(encodeNpy({ data: values, dtype, shape }));
    }
    assertNotAborted(signal);
  } catch (e) {
    await Promise.all(open.map((file) => file.abort()));
    throw e;
  }
  for (const file of open) await file.commit();
}

/** Writes a stream of rows as an `.npy` file, whole or not at all. */
export async function writeRows(
  path: string,
  blocks: AsyncIterable<Float32Array>,
  options: { d: number; dtype: NpyDtype; signal: AbortSignal },
): Promise<void> {
  const { d, dtype, signal } = options;
  const writer = await NpyWriter.create(path, { d, dtype });
  try {
    for await (const block of blocks) {
      assertNotAborted(signal);
      await writer.write(block);
    }
    assertNotAborted(signal);
  } catch (e) {
    await writer.abort();
    throw e;
  }
  await writer.close();
}
