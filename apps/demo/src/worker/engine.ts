import type { Backend } from '@lutra/core';
import { ts } from 'lutra';
import type { Engine, Environment, Level } from '../protocol.js';
import { THREAD_NAME } from './thread-name.js';

const LEVELS = ['relaxed-simd', 'simd128', 'scalar'] as const;

/** The backend at the level asked for; its threads run this very file. */
export function backendFor(level: Level): Backend {
  return ts({
    ...(level !== 'auto' && { level }),
    createWorker: () => new Worker(self.location.href, { type: 'module', name: THREAD_NAME }),
  });
}

/** What runs here. */
export async function environment(): Promise<Environment> {
  const levels: Level[] = [];
  let shared = false;
  for (const level of LEVELS) {
    const probe = await backendFor(level).probe();
    if (!probe.ok) continue;
    levels.push(level);
    shared ||= probe.details?.threads === 'yes';
  }
  return { levels, shared, cores: navigator.hardwareConcurrency || 1 };
}

/** The level that an engine really has: what `auto` comes to. */
export async function levelOf(backend: Backend): Promise<Level> {
  const probe = await backend.probe();
  return probe.ok ? (String(probe.details?.level) as Level) : 'scalar';
}

/** Threads as options of a call; none for one, which is the worker's own. */
export function threadsOf({ threads }: Engine): { threads?: number } {
  return threads > 1 ? { threads } : {};
}
