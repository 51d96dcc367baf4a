import { type BinarySpec, LutraError } from '@lutra/core';
import { INT32_MAX } from '../syntax-fault.js';
import { formatBinaryFactory } from './format-binary-factory.js';

/** A binary spec that can be built for `d` bits, and what it costs. */
export interface CheckedBinaryFactory {
  readonly spec: BinarySpec;
  /** The canonical string. */
  readonly text: string;
  /** Bits of a vector. */
  readonly d: number;
  /** Bytes of a vector. */
  readonly codeSize: number;
  /** Fewer training rows than this and training fails; 0 if nothing trains. */
  readonly minTrainRows: number;
  /** More rows than this change nothing but a sample; 0 if nothing trains. */
  readonly maxTrainRows: number;
}

/** faiss's `max_points_per_centroid`. */
const MOST_ROWS_A_CENTROID = 256;
/** With one link a vector faiss's graph has no levels. */
const LEAST_M = 2;
/** faiss keeps a hash in 64 bits. */
const MOST_HASH_BITS = 64;

/**
 * What `spec` comes to for vectors of `d` bits.
 * @throws LutraError `ARGUMENT` for a d that is no multiple of 8, a count of 0, a graph with M 1, hashes of more bits than
 *   the vectors have, or than 64
 */
export function checkBinaryFactory(spec: BinarySpec, d: number): CheckedBinaryFactory {
  if (!Number.isInteger(d) || d < 8 || d > INT32_MAX || d % 8 !== 0) {
    throw wrong('d', d, `a multiple of 8 in [8, ${INT32_MAX - 7}]`);
  }
  const text = formatBinaryFactory(spec);
  check(spec, d);
  const nlist = listsOf(spec);
  const maxTrainRows = MOST_ROWS_A_CENTROID * nlist;
  return { spec, text, d, codeSize: d / 8, minTrainRows: nlist, maxTrainRows };
}

function check(spec: BinarySpec, d: number): void {
  switch (spec.kind) {
    case 'BinaryIvf':
      if (spec.nlist < 1) throw wrong('nlist', spec.nlist, 'at least 1');
      check(spec.coarse, d);
      return;
    case 'BinaryHnsw':
      if (spec.M < LEAST_M) throw wrong('M', spec.M, `at least ${LEAST_M}`);
      return;
    case 'BinaryHash':
    case 'BinaryMultiHash': {
      const nhash = spec.kind === 'BinaryHash' ? 1 : spec.nhash;
      if (nhash < 1) throw wrong('nhash', nhash, 'at least 1');
      const most = Math.min(MOST_HASH_BITS, Math.floor(d / nhash));
      if (spec.b < 1 || spec.b > most) throw wrong('b', spec.b, `in [1, ${most}]`);
      return;
    }
    case 'BinaryIdMap':
    case 'BinaryIdMap2':
      check(spec.base, d);
  }
}

function listsOf(spec: BinarySpec): number {
  if (spec.kind === 'BinaryIvf') return spec.nlist;
  return 'base' in spec ? listsOf(spec.base) : 0;
}

function wrong(argument: string, value: unknown, expected: string): LutraError {
  return new LutraError('ARGUMENT', `binary factory: ${argument} must be ${expected}, got ${String(value)}`, {
    argument,
    value,
    expected,
  });
}
