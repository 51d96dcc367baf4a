import { LutraError } from '@lutra/core';
import { compileRelaxed } from './relaxed-flag.js';
import { withSharedMemory } from './shared-import.js';
import { type WasmApi, wasmApi } from './wasm-api.js';

/** The levels that are WebAssembly, fastest first. */
export const WASM_LEVELS: readonly ['relaxed-simd', 'simd128'] = ['relaxed-simd', 'simd128'];
export type WasmLevel = (typeof WASM_LEVELS)[number];

/** A module of one function `() → v128` with this body: magic, version, type, function, code. */
function probe(...body: number[]): Uint8Array {
  return Uint8Array.of(
    ...[0x00, 0x61, 0x73, 0x6d, 0x01, 0x00, 0x00, 0x00],
    ...[0x01, 0x05, 0x01, 0x60, 0x00, 0x01, 0x7b],
    ...[0x03, 0x02, 0x01, 0x00],
    ...[0x0a, body.length + 4, 0x01, body.length + 2, 0x00, ...body, 0x0b],
  );
}

/** `i8x16.splat(0)` */
const SPLAT = [0x41, 0x00, 0xfd, 0x0f];

const BUILDS: Record<
  WasmLevel,
  { readonly probe: Uint8Array; readonly lacks: string; load(): Promise<{ wasmBase64: string }> }
> = {
  simd128: {
    probe: probe(...SPLAT),
    lacks: 'WebAssembly has no SIMD here',
    load: () => import('./generated/simd128.js'),
  },
  'relaxed-simd': {
    // i8x16.relaxed_swizzle of two splats
    probe: probe(...SPLAT, ...SPLAT, 0xfd, 0x80, 0x02),
    lacks: 'WebAssembly has no relaxed SIMD here',
    load: () => import('./generated/relaxed-simd.js'),
  },
};

/** A compiled module, or why there is none. */
export type WasmAttempt =
  | { readonly api: WasmApi; readonly module: object }
  | { readonly api?: undefined; readonly reason: string };

/** By level, and by whether memory is shared. */
const compiled = new Map<string, Promise<WasmAttempt>>();

/**
 * Compiles the build of a level, over shared memory or not, once for the process; a refusal is not kept, as a page may
 * lift it.
 */
export async function wasmModule(level: WasmLevel, shared: boolean): Promise<WasmAttempt> {
  const api = wasmApi();
  if (api === undefined) return { reason: 'there is no WebAssembly here' };
  if (!validates(api, BUILDS[level].probe)) return { reason: BUILDS[level].lacks };
  const key = `${level} ${shared}`;
  const ours = compiled.get(key) ?? compile(api, level, shared);
  compiled.set(key, ours);
  let attempt: WasmAttempt | undefined;
  try {
    attempt = await ours;
    return attempt;
  } finally {
    if (attempt?.api === undefined && compiled.get(key) === ours) compiled.delete(key);
  }
}

function validates(api: WasmApi, bytes: Uint8Array): boolean {
  try {
    return api.validate(bytes);
  } catch {
    return false;
  }
}

async function compile(api: WasmApi, level: WasmLevel, shared: boolean): Promise<WasmAttempt> {
  const plain = await wasmBytes(level);
  const bytes = shared ? withSharedMemory(plain) : plain;
  try {
    const module = await (level === 'relaxed-simd'
      ? compileRelaxed(() => api.compile(bytes))
      : api.compile(bytes));
    return { api, module };
  } catch (cause) {
    const said = cause instanceof Error ? cause.message : String(cause);
    return {
      reason: `compiling WebAssembly was refused (a page needs wasm-unsafe-eval in its CSP): ${said}`,
    };
  }
}

async function wasmBytes(level: WasmLevel): Promise<Uint8Array> {
  let base64: string;
  try {
    base64 = (await BUILDS[level].load()).wasmBase64;
  } catch (cause) {
    throw new LutraError(
      'BACKEND',
      `kernels: src/generated/${level}.ts does not load, \`pnpm --filter @lutra/kernels build:wasm\` makes it`,
      { backend: '@lutra/kernels' },
      { cause },
    );
  }
  return Uint8Array.from(atob(base64), (c) => c.charCodeAt(0));
}
