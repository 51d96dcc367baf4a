import { type IdSelector, LutraError } from '@lutra/core';
import { IdTable } from './id-table.js';

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
    case 'list': {
      const { ids } = selector;
      const listed = new IdTable(ids.length);
      for (let i = 0; i < ids.length; i++) listed.set(ids[i]!, 0);
      return (id) => listed.has(id);
    }
    case 'bitmap': {
      const { bits } = selector;
      return (id) => ((bits[Math.floor(id / 8)] ?? 0) >> (id % 8)) % 2 === 1;
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
      throw new LutraError('ARGUMENT', `filter: unknown selector kind ${String(kind)}`, {
        argument: 'filter',
        value: kind,
        expected: 'range, list, bitmap, predicate, not, and, or',
      });
    }
  }
}
