import { describe, expect, it } from 'vitest';
import { queryRecalls, rightAnswers } from '../src/measure/query-recalls.js';

const found = (labels: number[], k: number) => ({
  labels: Float64Array.from(labels),
  distances: new Float32Array(labels.length),
  nq: labels.length / k,
  k,
});

function recalls(
  results: ReturnType<typeof found>,
  answers: ReturnType<typeof rightAnswers>,
  own?: ArrayLike<number>,
): number[] {
  const out = new Float64Array(results.nq);
  queryRecalls(results, answers, 0, own, out);
  return [...out];
}

describe('queryRecalls', () => {
  it('counts right answers once each', () => {
    const answers = rightAnswers({ labels: [1, 2, 3, 4], nq: 1, k: 4 }, 2);
    expect(recalls(found([2, 2], 2), answers)).toEqual([0.5]);
    expect(recalls(found([2, 1], 2), answers)).toEqual([1]);
    expect(recalls(found([-1, 3], 2), answers)).toEqual([0]);
  });

  it('leaves a row out of its own neighbours and takes the next result', () => {
    const own = [7];
    const answers = rightAnswers({ labels: [7, 1, 2, 3], nq: 1, k: 4 }, 2, own);
    expect([...answers.accepted[0]!]).toEqual([1, 2]);
    expect(recalls(found([7, 1, 2], 3), answers, own)).toEqual([1]);
    // not found itself, as in a compressed index: the first k count, the one more does not
    expect(recalls(found([1, 9, 2], 3), answers, own)).toEqual([0.5]);
  });

  it('takes any of several vectors at the distance of the k-th', () => {
    const truth = { labels: [5, 1, 2, 3, 4], distances: [0, 1, 2, 2, 3], nq: 1, k: 5 };
    const answers = rightAnswers(truth, 3);
    expect([...answers.accepted[0]!]).toEqual([5, 1, 2, 3]);
    expect(recalls(found([5, 1, 3], 3), answers)).toEqual([1]);
    expect(recalls(found([5, 1, 4], 3), answers)).toEqual([2 / 3]);
  });

  it('takes duplicates of a stored query for neighbours', () => {
    const truth = { labels: [1, 2, 3, 9], distances: [0, 0, 0, 4], nq: 1, k: 4 };
    // the query is row 2; rows 1 and 3 are its duplicates
    const answers = rightAnswers(truth, 1, [2]);
    expect([...answers.accepted[0]!]).toEqual([1, 3]);
    expect(recalls(found([3, 1], 2), answers, [2])).toEqual([1]);
  });

  it('asks for no more neighbours than there are', () => {
    const answers = rightAnswers({ labels: [1, 2, -1, -1], nq: 1, k: 4 }, 4);
    expect(recalls(found([2, 1, -1, -1], 4), answers)).toEqual([1]);
    expect(recalls(found([-1, -1], 2), rightAnswers({ labels: [-1, -1], nq: 1, k: 2 }, 2))).toEqual([1]);
  });
});
