import {
  BACKEND_SPEC_VERSION,
  type Backend,
  type BackendProbe,
  type BackendRefusal,
  isBackend,
  LutraError,
} from '@lutra/core';

/** The backend that won and why those before it did not. */
export interface BackendChoice {
  readonly backend: Backend;
  readonly refusals: readonly BackendRefusal[];
}

/**
 * The list used when the caller gives none: the engine of `@lutra/backend-ts`, loaded on first use. Why it alone, and what
 * was measured: docs/decisions/0013-default-backend.md.
 */
export async function defaultBackends(): Promise<readonly Backend[]> {
  const { ts } = await import('@lutra/backend-ts');
  return [ts()];
}

/**
 * The first of `backends` that runs here and does not refuse.
 * @param refuses - why a backend cannot do the job, or undefined if it can
 * @param feature - the job, for the message when nobody can: `"IVF64,Flat" over 32 dimensions`
 * @throws LutraError `ARGUMENT` for an empty list or what is no backend, `BACKEND` when none runs here,
 *   `UNSUPPORTED` when those that run all refuse; both name every backend and its reason
 */
export async function chooseBackend(
  backends: readonly Backend[],
  refuses: (backend: Backend) => string | undefined,
  feature: string,
): Promise<BackendChoice> {
  assertBackends(backends);
  const refusals: BackendRefusal[] = [];
  let running = 0;
  for (const backend of backends) {
    const probe = await probeBackend(backend);
    const reason = probe.ok ? refuses(backend) : probe.reason;
    if (reason === undefined) return { backend, refusals };
    if (probe.ok) running++;
    refusals.push({ backend: backend.name, reason });
  }
  throw nobody(refusals, running > 0, feature);
}

/** @throws LutraError `ARGUMENT` for an empty list or a member that is no backend */
export function assertBackends(backends: readonly Backend[]): void {
  if (!Array.isArray(backends) || backends.length === 0) {
    throw new LutraError('ARGUMENT', 'backends: expected a list of at least one backend, got none', {
      argument: 'backends',
      value: backends,
    });
  }
  backends.forEach((backend, i) => {
    if (!isBackend(backend)) {
      throw new LutraError('ARGUMENT', `backends[${i}]: expected a backend, got ${describe(backend)}`, {
        argument: `backends[${i}]`,
        value: backend,
      });
    }
  });
}

/** Whether `backend` runs here. An unknown interface version and a probe that throws against its contract are "no". */
export async function probeBackend(backend: Backend): Promise<BackendProbe> {
  const version: number = backend.specVersion;
  if (version !== BACKEND_SPEC_VERSION) {
    const reason = `speaks version ${version} of the backend interface, wanted ${BACKEND_SPEC_VERSION}`;
    return { ok: false, reason };
  }
  try {
    return await backend.probe();
  } catch (e) {
    return { ok: false, reason: `its probe failed: ${e instanceof Error ? e.message : String(e)}` };
  }
}

function nobody(refusals: readonly BackendRefusal[], anyRuns: boolean, feature: string): LutraError {
  const reasons = refusals.map((r) => `${r.backend}: ${r.reason}`).join('; ');
  const names = refusals.map((r) => r.backend).join(', ');
  return anyRuns
    ? new LutraError('UNSUPPORTED', `no backend takes ${feature} (${reasons})`, { feature, by: names })
    : new LutraError('BACKEND', `no backend runs here, wanted one for ${feature} (${reasons})`, {
        backend: names,
      });
}

function describe(x: unknown): string {
  if (typeof x === 'function') return 'a function (call it to get a backend)';
  return x === null ? 'null' : typeof x;
}
