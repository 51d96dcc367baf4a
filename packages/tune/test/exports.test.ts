import { expect, it } from 'vitest';
import * as api from '../src/index.js';
import * as node from '../src/node.js';

it('exports exactly this', () => {
  expect(Object.keys(api).sort()).toEqual([
    'TUNE_RECORD_VERSION',
    'autoIndex',
    'exactByBackend',
    'explore',
    'recallBounds',
    'scalesToLengthOne',
    'tune',
  ]);
  expect(Object.keys(node).sort()).toEqual(['readTuneRecord', 'tuneRecordPath', 'writeTuneRecord']);
});
