import { LutraError } from '@lutra/core';

/** Where bytes come from: the start of every message about them, and the path if they have one. */
export interface Origin {
  readonly name: string;
  readonly path?: string;
}

export const MEMORY: Origin = { name: 'npy' };

/** A `FORMAT` error about `field` at byte `offset` of `origin`. */
export function formatError(
  origin: Origin,
  at: { field: string; offset?: number; format?: 'npy' | 'npz' },
  text: string,
  cause?: unknown,
): LutraError {
  const details = { format: at.format ?? 'npy', field: at.field, offset: at.offset, path: origin.path };
  return new LutraError('FORMAT', `${origin.name}: ${text}`, details, cause ? { cause } : undefined);
}

export function unsupported(origin: Origin, feature: string, text: string): LutraError {
  return new LutraError('UNSUPPORTED', `${origin.name}: ${text}`, { feature, by: '@lutra/npy' });
}

export function argumentError(argument: string, text: string, value?: unknown): LutraError {
  return new LutraError('ARGUMENT', `npy: ${argument} ${text}`, { argument, value });
}

/** `bytes` bytes of fresh memory. */
export function allocate(bytes: number, origin: Origin): Uint8Array<ArrayBuffer> {
  return withinMemory(bytes, origin, () => new Uint8Array(bytes));
}

/** What `make` returns; a refused allocation in it is a `CAPACITY` error about some `bytes` bytes. */
export function withinMemory<T>(bytes: number, origin: Origin, make: () => T): T {
  try {
    return make();
  } catch (cause) {
    if (!(cause instanceof RangeError)) throw cause;
    const text = `${origin.name}: ${bytes} bytes do not fit in one array`;
    throw new LutraError('CAPACITY', text, { wanted: bytes, what: 'bytes of one array' }, { cause });
  }
}
