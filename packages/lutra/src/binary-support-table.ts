import type { Backend } from '@lutra/core';
import { parseBinaryFactory } from '@lutra/factory';
import { assertBackends, defaultBackends } from './backend-choice.js';
import type { SupportTableOptions } from './support-table.js';

/** What is done with one form of a binary index, as its example shows. All are parsed, and their files read and written. */
export interface BinarySupportRow {
  readonly token: string;
  /** A whole string, for {@link BINARY_EXAMPLE_D} bits. */
  readonly example: string;
  /** By name of the backend null if it builds the example, else why not. */
  readonly builds: Readonly<Record<string, string | null>>;
}

/** The bits that every {@link BinarySupportRow.example} is for. */
export const BINARY_EXAMPLE_D = 64;

const FORMS: readonly (readonly [token: string, example: string])[] = [
  ['BFlat', 'BFlat'],
  ['BIVF<nlist>', 'BIVF4'],
  ['BIVF<nlist>_HNSW<M>', 'BIVF4_HNSW4'],
  ['BHNSW<M>', 'BHNSW8'],
  ['BHash<b>', 'BHash8'],
  ['BHash<nhash>x<b>', 'BHash4x8'],
  ['IDMap,<index>', 'IDMap,BFlat'],
  ['IDMap2,<index>', 'IDMap2,BFlat'],
];

/**
 * Every form of faiss's `index_binary_factory`, and which backends build it; from what they refuse.
 * @throws LutraError `ARGUMENT` for an empty list of backends or what is no backend
 */
export async function binarySupportTable(options: SupportTableOptions = {}): Promise<BinarySupportRow[]> {
  const backends = options.backends ?? (await defaultBackends());
  assertBackends(backends);
  return FORMS.map(([token, example]) => ({
    token,
    example,
    builds: Object.fromEntries(backends.map((backend) => [backend.name, refusal(backend, example)])),
  }));
}

function refusal({ binary }: Backend, example: string): string | null {
  if (!binary) return 'has no binary indexes';
  return binary.refuses(parseBinaryFactory(example), { d: BINARY_EXAMPLE_D }) ?? null;
}
