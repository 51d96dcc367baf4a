/**
 * The V8 that has relaxed SIMD behind a flag, in Node 20: older ones are below the floor, newer ones have it anyway. Its
 * quick compiler spoils the third operand of `i32x4.relaxed_dot_i8x16_i7x16_add_s`; its thorough one does not.
 */
const FLAGGED = /^11\.3\./;
const RELAXED = '--experimental-wasm-relaxed-simd';
/** All functions at once, by the thorough compiler; and what was before. */
const THOROUGH: readonly string[] = ['--no-liftoff', '--no-wasm-lazy-compilation'];
const USUAL: readonly string[] = ['--liftoff', '--wasm-lazy-compilation'];

interface V8 {
  setFlagsFromString(flag: string): void;
}

interface Host {
  readonly process?: {
    readonly versions?: { readonly v8?: string };
    getBuiltinModule?(id: string): unknown;
  };
}

/** Asked for at run time, as an import would be followed by bundlers for browsers. */
function flagged(): V8 | undefined {
  const { process } = globalThis as Host;
  if (!FLAGGED.test(process?.versions?.v8 ?? '')) return undefined;
  return process?.getBuiltinModule?.('node:v8') as V8 | undefined;
}

/** Switches relaxed SIMD on for this process where V8 knows the flag for it; does nothing anywhere else. */
export function switchOnRelaxedSimd(): void {
  flagged()?.setFlagsFromString(RELAXED);
}

/** What `compile` makes of a module of relaxed SIMD, without the quick compiler where that is wrong. */
export async function compileRelaxed<T>(compile: () => Promise<T>): Promise<T> {
  const v8 = flagged();
  for (const flag of THOROUGH) v8?.setFlagsFromString(flag);
  try {
    return await compile();
  } finally {
    for (const flag of USUAL) v8?.setFlagsFromString(flag);
  }
}
