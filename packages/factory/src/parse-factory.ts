import type { FactorySpec } from '@lutra/core';
import { LutraError } from '@lutra/core';
import { parseSource } from './parse.js';
import { suggest } from './suggest.js';
import { SyntaxFault } from './syntax-fault.js';

/**
 * The tree of a faiss factory string, with faiss 1.9 … 1.15's reading of what wraps what. Says nothing about dimension
 * and metric: see {@link checkFactory}.
 * @param s - e.g. `IVF1024,PQ128x4fs,RFlat`
 * @throws LutraError `SYNTAX` where faiss's parser would refuse the string, with the offset of the fault and what was
 *   expected there; the message shows both under a caret. Also beyond 256 levels of nesting, where faiss has no limit.
 *   `ARGUMENT` if `s` is no string
 * @see faiss/index_factory.cpp
 */
export function parseFactory(s: string): FactorySpec {
  assertString(s);
  try {
    return parseSource(s);
  } catch (e) {
    if (e instanceof SyntaxFault) throw syntaxError(s, e, suggest(s, e));
    throw e;
  }
}

const SHOWN_BEFORE = 60;
const SHOWN_AFTER = 40;
const SHOWN_EXPECTED = 6;

/** The user's error for a fault in `input`. */
export function syntaxError(
  input: string,
  fault: SyntaxFault,
  hint: string | undefined,
): LutraError<'SYNTAX'> {
  const { index, expected, what } = fault;
  const start = Math.max(0, index - SHOWN_BEFORE);
  const stop = Math.min(input.length, index + SHOWN_AFTER);
  const head = start > 0 ? '…' : '';
  const line = head + printable(input.slice(start, stop)) + (stop < input.length ? '…' : '');
  const caret = `${' '.repeat(head.length + index - start)}^`;
  const more = expected.length > SHOWN_EXPECTED ? ', …' : '';
  const list = expected.slice(0, SHOWN_EXPECTED).join(', ') + more;
  const lines = [`factory: ${what} ${place(input, index)}`, `  ${line}`, `  ${caret} expected ${list}`];
  if (hint !== undefined) lines.push(`  did you mean "${printable(hint)}"?`);
  return new LutraError('SYNTAX', lines.join('\n'), { input, index, expected: [...expected] });
}

function place(input: string, index: number): string {
  if (index === 0) return 'at the start';
  const before = input.slice(Math.max(0, index - 24), index);
  return `after "${index > 24 ? '…' : ''}${printable(before)}"`;
}

/** One column a UTF-16 unit, so that the caret stands right. */
function printable(text: string): string {
  let out = '';
  for (let i = 0; i < text.length; i++) {
    const c = text.charCodeAt(i);
    out += c < 32 || (c >= 127 && c < 160) || c === 0x2028 || c === 0x2029 ? '\ufffd' : text[i];
  }
  return out;
}

function assertString(s: unknown): asserts s is string {
  if (typeof s !== 'string') {
    throw new LutraError('ARGUMENT', `factory: expected a string, got ${typeof s}`, {
      argument: 's',
      value: s,
      expected: 'a string',
    });
  }
}
