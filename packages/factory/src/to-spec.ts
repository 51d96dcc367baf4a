import type { FactorySpec } from '@lutra/core';
import { LutraError } from '@lutra/core';
import { parseFactory } from './parse-factory.js';

/** Anything that names an index: a factory string, its tree, or a builder. */
export type FactoryLike = string | FactorySpec | { readonly spec: FactorySpec };

/**
 * The tree that `factory` names.
 * @throws LutraError `SYNTAX` for a string that does not parse, `ARGUMENT` for anything else that names no index
 */
export function toSpec(factory: FactoryLike): FactorySpec {
  if (typeof factory === 'string') return parseFactory(factory);
  if (typeof factory === 'object' && factory !== null) {
    if ('spec' in factory && typeof factory.spec === 'object' && factory.spec !== null) return factory.spec;
    if ('kind' in factory && typeof factory.kind === 'string') return factory;
  }
  throw new LutraError('ARGUMENT', `factory: expected a string, a spec or a builder, got ${typeof factory}`, {
    argument: 'factory',
    value: factory,
    expected: 'a string, a FactorySpec or a builder',
  });
}
