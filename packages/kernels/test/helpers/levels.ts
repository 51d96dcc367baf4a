import type { KernelLevel, Kernels } from '../../src/index.js';
import { loadKernels } from '../../src/index.js';
import { wasmApi } from '../../src/wasm-api.js';

/** The level that `LUTRA_KERNELS` names; the highest that runs when it is not set. */
export const levelUnderTest: KernelLevel | undefined = process.env.LUTRA_KERNELS as KernelLevel | undefined;

/** New kernels of the level under test. */
export async function kernelsUnderTest(): Promise<Kernels> {
  return (await loadKernels({ level: levelUnderTest })).instantiate();
}

/** New kernels of each level that is built, the scalar reference first. */
export async function bothLevels(): Promise<[Kernels, Kernels]> {
  return [(await loadKernels({ level: 'scalar' })).instantiate(), await kernelsUnderTest()];
}

/** Whether this engine knows relaxed SIMD: `i8x16.relaxed_swizzle` in a module by itself, apart from the library's probe. */
export function hasRelaxedSimd(): boolean {
  const hex = '0061736d0100000001060160017b017b030201000a0b01090020002000fd80020b';
  return wasmApi()!.validate(Uint8Array.from(hex.match(/../g)!, (byte) => Number.parseInt(byte, 16)));
}
