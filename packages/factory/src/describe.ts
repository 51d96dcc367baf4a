import type { FactorySpec } from '@lutra/core';
import { type CheckedFactory, checkFactory, type FactoryTarget } from './check.js';
import { type FactoryLike, toSpec } from './to-spec.js';

/**
 * {@link checkFactory} of a string, a spec or a builder: what each token does to a vector, the memory of one vector, and
 * how many training rows are needed, wished for and used at most.
 * @throws LutraError `SYNTAX` for a string that does not parse, `ARGUMENT` as `checkFactory`
 */
export function describeFactory(factory: FactoryLike, target: FactoryTarget): CheckedFactory {
  const spec: FactorySpec = toSpec(factory);
  return checkFactory(spec, target);
}
