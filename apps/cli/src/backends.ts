import { isAbsolute, join, resolve } from 'node:path';
import { pathToFileURL } from 'node:url';
import { type Backend, isBackend, isLutraError, LutraError } from '@lutra/core';
import { resolve as resolveModule } from 'import-meta-resolve';
import { ts } from 'lutra';
import type { Io } from './io.js';

const KERNEL_LEVELS = ['scalar', 'simd128', 'relaxed-simd'] as const;
const PACKAGE_OF: Readonly<Record<string, string>> = { faiss: '@lutra/backend-faiss' };

/**
 * The backends of a comma-separated `--backend`: `ts`, `faiss`, an npm package, or the path of a module. A module's
 * default export is a Backend or a function that returns one. LUTRA_KERNELS sets the kernel level of `ts`.
 * @throws LutraError `ARGUMENT` for a module that is not found or exports no backend, `BACKEND` for one that fails to load
 */
export async function backendsOf(names: string, io: Io): Promise<Backend[]> {
  const backends: Backend[] = [];
  for (const name of names.split(',').map((part) => part.trim())) {
    backends.push(name === 'ts' ? ts({ level: kernelLevel(io) }) : await loadBackend(name, io));
  }
  return backends;
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

async function loadBackend(name: string, io: Io): Promise<Backend> {
  const url = locate(name, io);
  let exported: unknown;
  try {
    exported = ((await import(url)) as { default?: unknown }).default;
    if (typeof exported === 'function') exported = await (exported as () => unknown)();
  } catch (e) {
    if (isLutraError(e)) throw e;
    if ((e as { code?: unknown }).code === 'ERR_MODULE_NOT_FOUND' && isPath(name))
      throw notFound(name, io, e);
    const message = e instanceof Error ? e.message : String(e);
    throw new LutraError(
      'BACKEND',
      `--backend ${name}: failed to load: ${message}`,
      { backend: name },
      { cause: e },
    );
  }
  if (isBackend(exported)) return exported;
  throw new LutraError(
    'ARGUMENT',
    `--backend ${name}: expected a default export that is a backend or returns one, got ${typeof exported}`,
    { argument: 'backend', value: name },
  );
}

/** Where the module of `name` is: beside the caller first, then beside this program. */
function locate(name: string, io: Io): string {
  if (isPath(name)) return pathToFileURL(resolve(io.cwd, name)).href;
  const specifier = PACKAGE_OF[name] ?? name;
  let cause: unknown;
  for (const parent of [pathToFileURL(join(io.cwd, 'package.json')).href, import.meta.url]) {
    try {
      return resolveModule(specifier, parent);
    } catch (e) {
      cause = e;
    }
  }
  throw notFound(name, io, cause);
}

function isPath(name: string): boolean {
  return name.startsWith('.') || isAbsolute(name);
}

function notFound(name: string, io: Io, cause: unknown): LutraError {
  const what = isPath(name) ? 'no such module' : `no package ${PACKAGE_OF[name] ?? name} is installed`;
  return new LutraError(
    'ARGUMENT',
    `--backend ${name}: ${what}, looked from ${io.cwd}`,
    { argument: 'backend', value: name },
    { cause },
  );
}
