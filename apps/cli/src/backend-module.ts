import { existsSync, readFileSync, statSync } from 'node:fs';
import { isAbsolute, join, resolve } from 'node:path';
import { fileURLToPath, pathToFileURL } from 'node:url';
import { type Backend, isBackend, isLutraError, LutraError } from '@lutra/core';
import { resolve as resolveModule } from 'import-meta-resolve';
import type { Io } from './io.js';

const PACKAGE_OF: Readonly<Record<string, string>> = {
  ts: '@lutra/backend-ts',
  faiss: '@lutra/backend-faiss',
};

/**
 * The backend that a module exports: by default or as `backend`, itself or a function that returns it.
 * @param name - `faiss`, an npm package, or the path of a module or of a package's folder, from where the caller is
 * @throws LutraError `ARGUMENT` for a module that is not found or exports no backend, `BACKEND` for one that fails to load
 */
export async function loadBackend(name: string, io: Io): Promise<Backend> {
  const url = locateBackend(name, io);
  let names: string[];
  let exported: unknown;
  try {
    const module = (await import(url)) as { default?: unknown; backend?: unknown };
    names = Object.keys(module);
    exported = module.default ?? module.backend;
    if (typeof exported === 'function') exported = await (exported as () => unknown)();
  } catch (e) {
    if (isLutraError(e)) throw e;
    const message = e instanceof Error ? e.message : String(e);
    const text = `--backend ${name}: failed to load: ${message}`;
    throw new LutraError('BACKEND', text, { backend: name }, { cause: e });
  }
  const lacking = whatLacks(exported);
  if (lacking === undefined) return exported as Backend;
  const found = exported === undefined ? `exports of ${names.join(', ') || 'no name'}` : lacking;
  const wanted = 'expected a default export or one named backend that is a backend or returns one';
  throw refusal(name, `${wanted}, got ${found}`);
}

/** The version of the package of `name`, if it is one and says so. */
export function packageVersion(name: string, io: Io): string | undefined {
  try {
    const manifest = isPath(name)
      ? join(resolve(io.cwd, name), 'package.json')
      : fileURLToPath(resolveFrom(`${PACKAGE_OF[name] ?? name}/package.json`, io));
    return (JSON.parse(readFileSync(manifest, 'utf8')) as { version?: string }).version;
  } catch {
    return undefined;
  }
}

/** Where the module of `name` is: a path from the caller's folder, a package beside the caller or beside this program. */
function locateBackend(name: string, io: Io): string {
  if (isPath(name)) return pathToFileURL(entryOf(name, io)).href;
  try {
    return resolveFrom(PACKAGE_OF[name] ?? name, io);
  } catch (cause) {
    const what = `no package ${PACKAGE_OF[name] ?? name} is installed, looked from ${io.cwd}`;
    throw refusal(name, what, cause);
  }
}

function resolveFrom(specifier: string, io: Io): string {
  let cause: unknown;
  const parents = [pathToFileURL(join(io.cwd, 'package.json')).href, import.meta.url];
  for (const parent of parents) {
    try {
      return resolveModule(specifier, parent);
    } catch (e) {
      cause = e;
    }
  }
  // what the facade depends on is not always visible from here
  try {
    return resolveModule(specifier, resolveModule('lutra', import.meta.url));
  } catch {
    throw cause;
  }
}

/** The file that a path means: itself, or the entry of the package in that folder. */
function entryOf(name: string, io: Io): string {
  const path = resolve(io.cwd, name);
  if (!existsSync(path)) throw refusal(name, `no such file or folder, looked from ${io.cwd}`);
  if (!statSync(path).isDirectory()) return path;
  const manifest = join(path, 'package.json');
  if (!existsSync(manifest)) throw refusal(name, 'a folder without a package.json');
  const entry = packageEntry(name, path, manifest);
  if (!existsSync(entry)) throw refusal(name, `its entry ${entry} does not exist`);
  return entry;
}

/** As Node finds it when the package imports itself by its name; without `exports`, its `main`. */
function packageEntry(name: string, folder: string, manifest: string): string {
  try {
    const json = JSON.parse(readFileSync(manifest, 'utf8')) as {
      name?: string;
      main?: string;
      exports?: unknown;
    };
    if (json.exports === undefined || json.name === undefined) return join(folder, json.main ?? 'index.js');
    return fileURLToPath(resolveModule(json.name, pathToFileURL(manifest).href));
  } catch (e) {
    const why = e instanceof Error ? e.message : String(e);
    throw refusal(name, `its package.json names no entry: ${why}`, e);
  }
}

function isPath(name: string): boolean {
  return name.startsWith('.') || isAbsolute(name);
}

const METHODS = ['probe', 'refuses', 'create', 'refusesData', 'load'] as const;

/** Why `x` is no backend, or undefined if it is one. Another specVersion may have other methods; the facade refuses it. */
function whatLacks(x: unknown): string | undefined {
  if (typeof x !== 'object' || x === null) return x === null ? 'null' : `a ${typeof x}`;
  if (isBackend(x) && (x.specVersion as number) !== 1) return undefined;
  const b = x as Record<string, unknown>;
  const missing: string[] = METHODS.filter((method) => typeof b[method] !== 'function');
  if (typeof b.name !== 'string') missing.unshift('name');
  if (typeof b.specVersion !== 'number') missing.push('specVersion');
  if (typeof b.supports !== 'object' || b.supports === null) missing.push('supports');
  return missing.length === 0 ? undefined : `an object without ${missing.join(', ')}`;
}

function refusal(name: string, what: string, cause?: unknown): LutraError {
  const details = { argument: 'backend', value: name };
  return new LutraError('ARGUMENT', `--backend ${name}: ${what}`, details, { cause });
}
