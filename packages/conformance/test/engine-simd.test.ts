import { ts } from '@lutra/backend-ts';
import type { KernelLevel } from '@lutra/kernels';
import { expect, it } from 'vitest';
import { keepsPromises } from './engine.js';

const LEVELS: readonly KernelLevel[] = ['simd128', 'relaxed-simd'];

it.each(LEVELS)(
  '@lutra/backend-ts on %s kernels does what it promises',
  async (level) => {
    const backend = ts({ level });
    const probe = await backend.probe();
    if (level === 'relaxed-simd' && !probe.ok) {
      // not every runtime has it; the levels below it are looked into by themselves
      expect(probe.reason).toContain(level);
      return;
    }
    await keepsPromises(backend, level);
  },
  900_000,
);
