import type { Backend, BackendProbe, BackendSupports } from '@lutra/core';
import { assertBackends, defaultBackends, probeBackend } from './backend-choice.js';

/** One backend, whether it runs here, and what it claims to do. */
export interface BackendStatus {
  readonly name: string;
  readonly specVersion: number;
  readonly probe: BackendProbe;
  readonly supports: BackendSupports;
}

/**
 * Asks every backend whether it runs here; answers in the order given.
 * @param backends - the engine of `@lutra/backend-ts` unless told
 * @throws LutraError `ARGUMENT` for an empty list or what is no backend
 */
export async function probeBackends(backends?: readonly Backend[]): Promise<BackendStatus[]> {
  const list = backends ?? (await defaultBackends());
  assertBackends(list);
  return Promise.all(
    list.map(async (backend) => ({
      name: backend.name,
      specVersion: backend.specVersion,
      probe: await probeBackend(backend),
      supports: backend.supports,
    })),
  );
}
