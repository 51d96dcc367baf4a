import type { Backend, BinaryIndex } from '@lutra/core';
import { type BinaryFactoryLike, checkBinaryFactory, toBinarySpec } from '@lutra/factory';
import { chooseBackend, defaultBackends } from './backend-choice.js';

/** What a binary index is built over and by whom. */
export interface BinaryIndexFactoryOptions {
  /** Bits of a vector, a multiple of 8. */
  readonly d: number;
  /** Asked in this order; the engine of `@lutra/backend-ts` alone unless told. */
  readonly backends?: readonly Backend[];
}

/**
 * An untrained, empty index of vectors of bits from a string of faiss's `index_binary_factory`, or its parsed form:
 * `BFlat`, `BIVF1024`, `BIVF1024_HNSW32`, `BHNSW32`, `BHash16`, `BHash4x16`, with `IDMap` or `IDMap2` around.
 * @throws LutraError `SYNTAX` for a string that does not parse, `ARGUMENT` for a spec that `d` contradicts, `UNSUPPORTED`
 *   or `BACKEND` when no backend takes it, with every backend's reason
 */
export async function binaryIndexFactory(
  factory: BinaryFactoryLike,
  options: BinaryIndexFactoryOptions,
): Promise<BinaryIndex> {
  const { d } = options;
  const { spec, text } = checkBinaryFactory(toBinarySpec(factory), d);
  const backends = options.backends ?? (await defaultBackends());
  const refuses = ({ binary }: Backend): string | undefined =>
    binary ? binary.refuses(spec, { d }) : 'has no binary indexes';
  const { backend, refusals } = await chooseBackend(backends, refuses, `"${text}" with ${d} bits`);
  return backend.binary!.create(spec, { d, refusals });
}
