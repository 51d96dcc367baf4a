/** The largest number that a factory string may hold: faiss reads them as 32-bit signed integers. */
export const INT32_MAX = 2147483647;

/** How deep indexes may nest; deeper strings and specs are refused, so that no recursion runs out of stack. */
export const MAX_DEPTH = 256;

/** Where and why parsing stopped, before it becomes the user's error. */
export class SyntaxFault extends Error {
  constructor(
    /** Offset in the input, UTF-16 units. */
    readonly index: number,
    /** What would have been accepted at `index`. */
    readonly expected: readonly string[],
    /** What is wrong, for the first line of the message; it goes on with the place. */
    readonly what: string,
  ) {
    super(what);
  }
}
