import { type BinarySpec, LutraError } from '@lutra/core';
import { parseBinaryFactory } from './parse-binary-factory.js';

/** Anything that names a binary index: a string or its tree. */
export type BinaryFactoryLike = string | BinarySpec;

/**
 * The tree that `factory` names.
 * @throws LutraError `SYNTAX` for a string that does not parse, `ARGUMENT` for anything else that names no index
 */
export function toBinarySpec(factory: BinaryFactoryLike): BinarySpec {
  if (typeof factory === 'string') return parseBinaryFactory(factory);
  if (typeof factory === 'object' && factory !== null && typeof factory.kind === 'string') return factory;
  throw new LutraError('ARGUMENT', `binary factory: expected a string or a spec, got ${typeof factory}`, {
    argument: 'factory',
    value: factory,
    expected: 'a string or a BinarySpec',
  });
}
