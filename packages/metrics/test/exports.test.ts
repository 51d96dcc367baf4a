import { expect, it } from 'vitest';
import * as metrics from '../src/index.js';

it('exports what the README lists', () => {
  expect(Object.keys(metrics).sort()).toEqual([
    'OperatingPoints',
    'compareResults',
    'cosineNormalize',
    'exactSearch',
    'innerProduct',
    'l2Squared',
    'latencyPercentiles',
    'paretoFront',
    'recall1At1',
    'recallAtK',
    'recallAtRank',
    'rowNorms',
    'wilsonInterval',
  ]);
});
