import { type BackendProbe, LutraError } from '@lutra/core';

const REASON = 'faiss-node runs in Node only';

/** Where there is no Node: what {@link probe} says. */
export async function probe(): Promise<BackendProbe> {
  return { ok: false, reason: REASON };
}

/** @throws LutraError `BACKEND` */
export async function create(): Promise<never> {
  throw new LutraError('BACKEND', REASON, { backend: 'faiss' });
}

/** @throws LutraError `BACKEND` */
export async function load(): Promise<never> {
  throw new LutraError('BACKEND', REASON, { backend: 'faiss' });
}
