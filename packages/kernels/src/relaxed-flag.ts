/** The V8 that has relaxed SIMD behind a flag, in Node 20: older ones are below the floor, newer ones have it anyway. */
const FLAGGED = /^11\.3\./;
const FLAG = '--experimental-wasm-relaxed-simd';

interface Host {
  readonly process?: {
    readonly versions?: { readonly v8?: string };
    getBuiltinModule?(id: string): unknown;
  };
}

/**
 * Switches relaxed SIMD on for this process where V8 knows the flag for it; does nothing anywhere else. The module that does it
 * is asked for at run time, as an import would be followed by bundlers for browsers.
 */
export function switchOnRelaxedSimd(): void {
  const { process } = globalThis as Host;
  if (!FLAGGED.test(process?.versions?.v8 ?? '')) return;
  const v8 = process?.getBuiltinModule?.('node:v8') as { setFlagsFromString(flag: string): void } | undefined;
  v8?.setFlagsFromString(FLAG);
}
