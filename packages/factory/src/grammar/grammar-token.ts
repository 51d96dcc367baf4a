/** One token of the factory grammar, or one way of writing it. */
export interface GrammarToken {
  /** With its numbers in angle brackets and what may be left out in square ones: `PQ<M>x4fs[r]`. */
  readonly token: string;
  /** Where in a string it stands. */
  readonly group: GrammarGroup;
  /** A whole string with it in, for {@link GRAMMAR_EXAMPLE_D} dimensions. */
  readonly example: string;
}

/** What a token is. */
export type GrammarGroup =
  | 'around an index'
  | 'transform'
  | 'index'
  | 'graph'
  | 'inverted lists'
  | 'codec in lists';

/** The dimension that every {@link GrammarToken.example} is for. */
export const GRAMMAR_EXAMPLE_D = 16;
