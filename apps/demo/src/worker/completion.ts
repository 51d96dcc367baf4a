/*
 * What may come next in a factory string: the parser is asked what it expected where the string ends.
 */
import { isLutraError } from '@lutra/core';
import { parseFactory } from '@lutra/factory';
import type { Completion } from '../protocol.js';

const MOST = 12;
/** What stands for a number is left for the user to type. */
const HOLE = /<[^>]*>/;

function faultOf(text: string): { index: number; expected: readonly string[] } | undefined {
  try {
    parseFactory(text);
    return undefined;
  } catch (e) {
    if (isLutraError(e, 'SYNTAX')) return e.details;
    throw e;
  }
}

/** Ways to go on from `text`, whose cursor is at its end. */
export function completionsOf(text: string): Completion[] {
  const fault = faultOf(text);
  if (fault) return fault.index <= text.length ? offered(text, fault) : [];
  // whole as it is: what could follow a comma
  const longer = faultOf(`${text},`);
  return longer ? offered(`${text},`, longer) : [];
}

function offered(
  text: string,
  { index, expected }: { index: number; expected: readonly string[] },
): Completion[] {
  const [before, typed] = [text.slice(0, index), text.slice(index)];
  return expected
    .map((token) => token.replaceAll('"', ''))
    .filter(
      (token) =>
        token !== '' && !token.startsWith('<') && token.toLowerCase().startsWith(typed.toLowerCase()),
    )
    .slice(0, MOST)
    .map((label) => {
      const fixed = label.split(HOLE)[0]!;
      return { label, text: before + fixed, cursor: before.length + fixed.length };
    })
    .filter((completion) => completion.text !== text);
}
