import type { Ability } from '@lutra/core';
import type { Subject } from './subject.js';

/** One promise of the contract, and how it is looked into. */
export interface Clause {
  /** What is promised, as a sentence about the index. */
  readonly promise: string;
  /** Abilities without which there is nothing to look into. */
  readonly needs?: readonly Ability[];
  /** Whether it concerns this index at all; all unless given. */
  readonly concerns?: (subject: Subject) => boolean;
  /** Looked into under the first metric only, because no metric plays a part. */
  readonly once?: true;
  /** Throws a `Failure` unless the promise is kept. */
  readonly check: (subject: Subject) => Promise<void>;
}
