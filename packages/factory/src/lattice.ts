import type { LatticeSpec } from '@lutra/core';
import { bytesOf } from './check-quantizer.js';
import type { Facts, Place } from './facts.js';
import { divides, MAX_ROWS_OF_STATISTIC, onlyMetrics, refuseAt, within } from './facts.js';

/** faiss's own limits: dimension of a part, squared radius, floats of the decoder's cache, bits of a point's number. */
const MAX_PART = 64;
const MAX_R2 = 512;
const MAX_CACHE_FLOATS = 2n ** 27n;
const MAX_NUMBER_BITS = 63;

/** The number of integer points at squared radius 0 … r2 in dimension `2 ** level`, by adding up two halves. */
function pointsAtRadius(level: number, r2: number): bigint[] {
  let counts: bigint[] = Array.from({ length: r2 + 1 }, (_, s) =>
    s === 0 ? 1n : Number.isInteger(Math.sqrt(s)) ? 2n : 0n,
  );
  for (let l = 0; l < level; l++) {
    const half = counts;
    counts = half.map((_, s) => {
      let sum = 0n;
      for (let a = 0; a <= s; a++) if (half[a] !== 0n) sum += (half[a] as bigint) * (half[s - a] as bigint);
      return sum;
    });
  }
  return counts;
}

/** Checks a lattice codec: each part of d / nsq dimensions is snapped to a point of the integer sphere of radius² r2. */
export function latticeFacts(place: Place, text: string, spec: LatticeSpec): Facts {
  onlyMetrics(place, text, ['l2'], 'faiss builds this for l2 whatever the metric');
  divides(place, text, 'nsq', spec.nsq, place.d, 'd');
  within(place, text, 'r2', spec.r2, 0, MAX_R2);
  within(place, text, 'nbits', spec.scaleNbits, 0, 31);
  const part = place.d / spec.nsq;
  const level = Math.log2(part);
  if (!Number.isInteger(level) || part < 2 || part > MAX_PART) {
    refuseAt(
      place,
      text,
      `d / nsq must be a power of two in [2, ${MAX_PART}], got ${part}`,
      'd / nsq a power of two',
    );
  }
  const cached = pointsAtRadius(Math.min(3, level - 1), spec.r2).reduce((a, b) => a + b, 0n);
  if (cached * BigInt(part) > MAX_CACHE_FLOATS) {
    refuseAt(place, text, `r2 ${spec.r2} has too many points to cache in parts of ${part}`, 'a smaller r2');
  }
  const points = pointsAtRadius(level, spec.r2)[spec.r2] as bigint;
  const bits = points <= 1n ? 0 : (points - 1n).toString(2).length;
  if (points === 0n || bits > MAX_NUMBER_BITS) {
    refuseAt(place, text, `${points} points of squared radius ${spec.r2} in dimension ${part}`, 'another r2');
  }
  return {
    kind: spec.kind,
    codeBytes: bytesOf((bits + spec.scaleNbits) * spec.nsq),
    minRows: 1,
    maxRows: MAX_ROWS_OF_STATISTIC,
    note: 'a codec: faiss does not search it well and does not save its codes',
  };
}
