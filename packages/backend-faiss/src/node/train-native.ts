import { assertNotAborted } from '@lutra/core';
import type { Making } from './messages.js';
import type { Supervisor } from './supervisor.js';

const FLOATS_A_MESSAGE = 1 << 20;

/**
 * Trains a fresh index on `rows`, `(n, d)`. A training cannot be stopped, but its process can: that is what the signal
 * does.
 * @returns whether it is trained now; it is not if this throws
 */
export async function trainNative(
  rows: Float32Array,
  given: {
    supervisor: Supervisor;
    making: { readonly op: 'create' } & Making;
    threads: number | undefined;
    signal: AbortSignal | undefined;
  },
): Promise<boolean> {
  const { supervisor, making, threads, signal } = given;
  supervisor.settle(making, 0);
  const stop = (): void => supervisor.interrupt();
  try {
    return await supervisor.use(async (process) => {
      assertNotAborted(signal);
      signal?.addEventListener('abort', stop);
      for (let at = 0; at < rows.length; at += FLOATS_A_MESSAGE) {
        await process.call<'rows'>({ op: 'rows', x: rows.slice(at, at + FLOATS_A_MESSAGE) });
      }
      const path = supervisor.emptyPath;
      const { isTrained } = await process.call<'train'>({ op: 'train', path, making });
      supervisor.settle({ path, parameters: making.parameters }, 0);
      return isTrained;
    }, threads);
  } catch (e) {
    // half of the rows, or half a training, may be left in there
    supervisor.interrupt();
    assertNotAborted(signal);
    throw e;
  } finally {
    signal?.removeEventListener('abort', stop);
  }
}
