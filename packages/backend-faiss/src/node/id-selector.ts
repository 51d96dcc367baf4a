import { type IdSelector, LutraError } from '@lutra/core';

/**
 * The test of a selector as one function.
 * @throws LutraError `ARGUMENT` for a malformed selector
 */
export function compileSelector(selector: IdSelector): (id: number) => boolean {
  switch (selector?.kind) {
    case 'range': {
      const { min, max } = selector;
      return (id) => id >= min && id < max;
    }
    case 'list':
      return inList(selector.ids);
    case 'bitmap': {
      const { bits } = selector;
      return (id) => id >= 0 && ((bits[Math.floor(id / 8)] ?? 0) >> (id % 8)) % 2 === 1;
    }
    case 'predicate':
      return selector.test;
    case 'not': {
      const inner = compileSelector(selector.selector);
      return (id) => !inner(id);
    }
    case 'and': {
      const tests = selector.selectors.map(compileSelector);
      return (id) => tests.every((test) => test(id));
    }
    case 'or': {
      const tests = selector.selectors.map(compileSelector);
      return (id) => tests.some((test) => test(id));
    }
    default: {
      const kind = (selector as { kind?: unknown } | null | undefined)?.kind;
      const expected = 'range, list, bitmap, predicate, not, and, or';
      throw new LutraError('ARGUMENT', `filter: unknown selector kind ${String(kind)}`, {
        argument: 'filter',
        value: kind,
        expected,
      });
    }
  }
}

/** A binary search: a `Set` ends at 2^24 entries. */
function inList(ids: ArrayLike<number>): (id: number) => boolean {
  const sorted = Float64Array.from(ids).sort();
  return (id) => {
    let low = 0;
    let high = sorted.length;
    while (low < high) {
      const middle = (low + high) >>> 1;
      if (sorted[middle]! < id) low = middle + 1;
      else high = middle;
    }
    return sorted[low] === id;
  };
}
