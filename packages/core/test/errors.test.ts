import { describe, expect, it } from 'vitest';
import { assertNotAborted, isLutraError, LutraError } from '../src/index.js';

describe('isLutraError', () => {
  it('knows an error by its brand, not by its class', () => {
    const foreign = new Error('x');
    Object.defineProperty(foreign, Symbol.for('@lutra.error'), { value: true });
    Object.assign(foreign, { code: 'STATE' });
    expect(isLutraError(foreign)).toBe(true);
    expect(isLutraError(foreign, 'STATE')).toBe(true);
    expect(isLutraError(foreign, 'SHAPE')).toBe(false);
  });

  it('refuses other values', () => {
    for (const x of [null, undefined, 'text', 3, {}, new Error('plain')]) expect(isLutraError(x)).toBe(false);
  });

  it('keeps code, details and cause', () => {
    const cause = new Error('below');
    const e = new LutraError('FORMAT', 'npy: 3 bytes left', { format: 'npy', offset: 7 }, { cause });
    expect(isLutraError(e, 'FORMAT')).toBe(true);
    expect(e.details.offset).toBe(7);
    expect(e.cause).toBe(cause);
    expect(e.name).toBe('LutraError');
  });
});

describe('assertNotAborted', () => {
  it('passes without a signal or with a quiet one, throws ABORTED with the reason after it fired', () => {
    const c = new AbortController();
    assertNotAborted(undefined);
    assertNotAborted(c.signal);
    c.abort('enough');
    let caught: unknown;
    try {
      assertNotAborted(c.signal);
    } catch (e) {
      caught = e;
    }
    expect(isLutraError(caught, 'ABORTED')).toBe(true);
    expect((caught as LutraError).cause).toBe('enough');
  });
});
