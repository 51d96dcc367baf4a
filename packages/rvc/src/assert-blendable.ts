import { LutraError, type VectorIndex } from '@lutra/core';

/** Checks a blend to its last argument. @throws LutraError `SHAPE`, `ARGUMENT` or `STATE` */
export function assertBlendable(
  index: VectorIndex,
  features: Float32Array,
  { k, indexRate }: { k: number; indexRate: number },
): void {
  if (!(features instanceof Float32Array)) throw argument('features', typeof features, 'a Float32Array');
  if (features.length % index.d !== 0) {
    throw new LutraError('SHAPE', `blend: ${features.length} numbers are no whole frames of ${index.d}`, {
      argument: 'features',
      expected: `a multiple of ${index.d}`,
      actual: String(features.length),
    });
  }
  if (!(indexRate >= 0 && indexRate <= 1)) throw argument('indexRate', indexRate, '0 to 1');
  if (!Number.isSafeInteger(k) || k < 1) throw argument('k', k, 'a whole number ≥ 1');
  if (index.metric !== 'l2') {
    throw new LutraError('ARGUMENT', `blend: weights come from l2 distances, the index has ${index.metric}`, {
      argument: 'index',
      value: index.metric,
      expected: 'l2',
    });
  }
  if (index.ntotal === 0) {
    const message = 'blend: the index holds no vectors; it may be a trained_ file, the added_ one is wanted';
    throw new LutraError('STATE', message, { state: 'empty' });
  }
  assertFiniteFrames(features, index.d);
}

function argument(name: string, value: unknown, expected: string): LutraError {
  const message = `blend: ${name} is ${String(value)}, wanted ${expected}`;
  return new LutraError('ARGUMENT', message, { argument: name, value, expected });
}

/** Such frames have no neighbours and would come out as they went in. */
function assertFiniteFrames(features: Float32Array, d: number): void {
  // 0 · v is NaN for exactly the values looked for
  let sum = 0;
  for (let i = 0; i < features.length; i++) sum += features[i]! * 0;
  if (sum === 0) return;
  const first = features.findIndex((v) => !Number.isFinite(v));
  let frames = 0;
  for (let i = 0; i < features.length; i += d) {
    if (features.subarray(i, i + d).some((v) => !Number.isFinite(v))) frames++;
  }
  const value = features[first];
  const count = `${frames} of ${features.length / d} frames hold NaN or infinities`;
  const place = `frame ${Math.floor(first / d)}, column ${first % d}`;
  throw new LutraError('ARGUMENT', `blend: ${count}, the first is ${value} in ${place}`, {
    argument: 'features',
    value,
    expected: 'finite numbers',
  });
}
