import { LutraError } from '@lutra/core';
import { type WasmApi, wasmApi } from './wasm-api.js';

/**
 * The smallest module that only an engine with SIMD accepts: `() => i32x4.splat(0)` as bytes of the binary format
 * (magic, version, a type `() → v128`, one function, its code).
 */
const SIMD_PROBE = Uint8Array.of(
  ...[0x00, 0x61, 0x73, 0x6d, 0x01, 0x00, 0x00, 0x00],
  ...[0x01, 0x05, 0x01, 0x60, 0x00, 0x01, 0x7b],
  ...[0x03, 0x02, 0x01, 0x00],
  ...[0x0a, 0x08, 0x01, 0x06, 0x00, 0x41, 0x00, 0xfd, 0x11, 0x0b],
);

/** A compiled module, or why there is none. */
export type WasmAttempt =
  | { readonly api: WasmApi; readonly module: object }
  | { readonly api?: undefined; readonly reason: string };

let compiled: Promise<WasmAttempt> | undefined;

/** Compiles the `simd128` build, once for the process; a refusal is not kept, as a page may lift it. */
export async function simdModule(): Promise<WasmAttempt> {
  const api = wasmApi();
  if (api === undefined) return { reason: 'there is no WebAssembly here' };
  if (!validates(api)) return { reason: 'WebAssembly has no SIMD here' };
  compiled ??= compile(api);
  const ours = compiled;
  let attempt: WasmAttempt | undefined;
  try {
    attempt = await ours;
    return attempt;
  } finally {
    if (attempt?.api === undefined && compiled === ours) compiled = undefined;
  }
}

function validates(api: WasmApi): boolean {
  try {
    return api.validate(SIMD_PROBE);
  } catch {
    return false;
  }
}

async function compile(api: WasmApi): Promise<WasmAttempt> {
  const bytes = await wasmBytes();
  try {
    return { api, module: await api.compile(bytes) };
  } catch (cause) {
    const said = cause instanceof Error ? cause.message : String(cause);
    return {
      reason: `compiling WebAssembly was refused (a page needs wasm-unsafe-eval in its CSP): ${said}`,
    };
  }
}

async function wasmBytes(): Promise<Uint8Array> {
  let base64: string;
  try {
    base64 = (await import('./generated/simd128.js')).wasmBase64;
  } catch (cause) {
    throw new LutraError(
      'BACKEND',
      'kernels: src/generated/simd128.ts does not load, `pnpm --filter @lutra/kernels build:wasm` makes it',
      { backend: '@lutra/kernels' },
      { cause },
    );
  }
  return Uint8Array.from(atob(base64), (c) => c.charCodeAt(0));
}
