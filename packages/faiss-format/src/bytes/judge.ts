/**
 * Says whether a value may stand where it stands. The reader answers with `FORMAT` and the offset of the field, the
 * writer with `SHAPE` or `ARGUMENT`: so the rules of a class are written once and hold in both directions.
 */
export interface Judge {
  /** An array of `field` must have `expected` elements. */
  length(field: string, actual: number, expected: number): void;
  /** The value of `field` must satisfy `ok`; `wanted` says in words what would. */
  value(ok: boolean, field: string, wanted: string, found: number | string | boolean): void;
}

interface Step {
  readonly name: string;
  readonly label: string;
  readonly offsets: Map<string, number>;
}

/** Where in the tree of nested objects a codec is, for its messages. */
export class Trail {
  readonly #steps: Step[] = [];

  enter(name: string, label: string): void {
    this.#steps.push({ name, label, offsets: new Map() });
  }

  leave(): void {
    this.#steps.pop();
  }

  /** The innermost object: its fourcc when reading, its kind when writing. */
  get label(): string {
    return this.#steps.at(-1)?.label ?? '';
  }

  /** The path of a field in terms of `IndexData`: `base.quantizer.vectors`. */
  path(field: string): string {
    return [...this.#steps.map((s) => s.name), field].filter((s) => s !== '').join('.');
  }

  note(field: string, offset: number): void {
    this.#steps.at(-1)?.offsets.set(field, offset);
  }

  offsetOf(field: string): number | undefined {
    return this.#steps.at(-1)?.offsets.get(field);
  }
}
