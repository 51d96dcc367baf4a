import { type IdSelector, LutraError } from '@lutra/core';

/** LanceDB plans a list of ids number by number; a longer one takes seconds and the stack of its parser. */
const MAX_TERMS = 200_000;

// #region selector
/**
 * A selector as the SQL condition that LanceDB filters by before it searches.
 * @throws LutraError `ARGUMENT` for a malformed selector, `UNSUPPORTED` for a function, `CAPACITY` for too long a list
 */
export function selectorSql(selector: IdSelector): string {
  switch (selector?.kind) {
    case 'range':
      return `(id >= ${bound(selector.min)} AND id < ${bound(selector.max)})`;
    case 'list':
      return listSql(Array.from(selector.ids));
    case 'bitmap':
      return listSql(idsOfBitmap(selector.bits));
    case 'not':
      return `(NOT ${selectorSql(selector.selector)})`;
    case 'and':
      return joined(selector.selectors, 'AND', 'true');
    case 'or':
      return joined(selector.selectors, 'OR', 'false');
    case 'predicate':
      throw new LutraError('UNSUPPORTED', 'filter: LanceDB filters by SQL and calls no function', {
        feature: 'filter by predicate',
        by: 'lancedb',
      });
    default:
      throw new LutraError('ARGUMENT', 'filter: expected a selector of a known kind', { argument: 'filter' });
  }
}
// #endregion

function joined(selectors: readonly IdSelector[], operator: string, none: string): string {
  return selectors.length === 0 ? none : `(${selectors.map(selectorSql).join(` ${operator} `)})`;
}

export function listSql(ids: readonly number[]): string {
  const possible = ids.filter((id) => Number.isSafeInteger(id) && id >= 0);
  if (possible.length === 0) return 'false';
  if (possible.length > MAX_TERMS) {
    throw new LutraError('CAPACITY', `filter: ${possible.length} ids listed, LanceDB takes ${MAX_TERMS}`, {
      wanted: possible.length,
      limit: MAX_TERMS,
      what: 'ids of a filter',
    });
  }
  return `id IN (${possible.join(', ')})`;
}

function idsOfBitmap(bits: Uint8Array): number[] {
  const ids: number[] = [];
  for (let id = 0; id < bits.length * 8; id++) if ((bits[id >> 3]! >> (id & 7)) & 1) ids.push(id);
  return ids;
}

/** Whole, and inside of what both SQL and ids can be; what compares with nothing selects nothing. */
function bound(x: number): string {
  return Number.isNaN(x) ? 'NULL' : String(Math.ceil(Math.min(Math.max(x, 0), 2 ** 53)));
}
