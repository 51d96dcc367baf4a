import { expect, it } from 'vitest';
import { isLutraError, LutraError } from '../src/index.js';

it('brands errors in a browser as in Node', () => {
  expect('document' in globalThis).toBe(true);
  const error = new LutraError('SHAPE', 'x: wanted 4 values, found 3', {});
  expect(isLutraError(error, 'SHAPE')).toBe(true);
  expect(isLutraError(error, 'STATE')).toBe(false);
  expect(isLutraError(new Error('no'))).toBe(false);
});
