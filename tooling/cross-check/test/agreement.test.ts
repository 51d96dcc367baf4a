import { expect, it } from 'vitest';
import { type Answer, agreement } from './agreement.js';

const answer = (distances: number[], labels: number[]): Answer => ({
  distances: Float32Array.from(distances),
  labels: Float64Array.from(labels),
});

it('lets equal distances swap their labels', () => {
  const found = agreement(answer([1, 1, 4, 9], [8, 7, 1, 2]), answer([1, 1, 4, 9], [7, 8, 1, 2]), 2);
  expect(found).toEqual({ worstDistance: 0, sameLabels: 1 });
});

it('sees other distances, other labels and missing results', () => {
  const found = agreement(answer([1, 2, 4, 12], [7, 8, 1, 3]), answer([1, 2, 4, 10], [7, 8, 1, 2]), 2);
  expect(found.worstDistance).toBe(0.2);
  expect(found.sameLabels).toBe(0.75);
  expect(() => agreement(answer([1], [-1]), answer([1], [5]), 1)).toThrow('missing on one side');
  expect(() => agreement(answer([1], [5]), answer([1, 2], [5, 6]), 1)).toThrow('wanted 2 labels, found 1');
});
