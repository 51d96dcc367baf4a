import { type Backend, type BuildContext, type FactorySpec, LutraError } from '@lutra/core';
import { ts } from 'lutra';
import { loadBackend } from './backend-module.js';
import type { Io } from './io.js';

const KERNEL_LEVELS = ['scalar', 'simd128', 'relaxed-simd'] as const;

/** The names in a comma-separated `--backend`. */
export function backendNames(names: string): string[] {
  return names.split(',').map((part) => part.trim());
}

/**
 * The backends of a comma-separated `--backend`: `ts`, `faiss`, an npm package, or the path of a module or a package.
 * LUTRA_KERNELS sets the kernel level of `ts`.
 * @param options.save - those that write no files refuse, so that nobody waits for what cannot be kept
 * @throws LutraError as {@link loadBackend}
 */
export async function backendsOf(
  names: string,
  io: Io,
  options: { save?: boolean } = {},
): Promise<Backend[]> {
  const backends: Backend[] = [];
  for (const name of backendNames(names)) {
    const backend = await backendOf(name, io);
    backends.push(options.save ? savingOnly(backend) : backend);
  }
  return backends;
}

/** One backend by its name. @throws LutraError as {@link loadBackend} */
export async function backendOf(name: string, io: Io): Promise<Backend> {
  return name === 'ts' ? ts({ level: kernelLevel(io) }) : loadBackend(name, io);
}

/** `backend`, which also refuses what it cannot write to a file. */
function savingOnly(backend: Backend): Backend {
  const refuses = (spec: FactorySpec, context: BuildContext): string | undefined => {
    const why = backend.refuses(spec, context);
    if (why !== undefined) return why;
    if (backend.supports.save === false) return 'does not write index files';
    return backend.lacks?.(spec, context).includes('save')
      ? 'does not write this index to a file'
      : undefined;
  };
  return Object.create(backend, { refuses: { value: refuses } }) as Backend;
}

function kernelLevel(io: Io): (typeof KERNEL_LEVELS)[number] | undefined {
  const wanted = io.env.LUTRA_KERNELS;
  if (wanted === undefined || wanted === '') return undefined;
  const level = KERNEL_LEVELS.find((l) => l === wanted);
  if (level) return level;
  const expected = KERNEL_LEVELS.join(', ');
  throw new LutraError('ARGUMENT', `LUTRA_KERNELS: expected one of ${expected}, got '${wanted}'`, {
    argument: 'LUTRA_KERNELS',
    value: wanted,
    expected,
  });
}
