import type { KernelLevel, Kernels } from '../../src/index.js';
import { loadKernels } from '../../src/index.js';

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
