import { isLutraError, LutraError } from '@lutra/core';

// #region gate
/** What is under way on an index: a change excludes everything else, searches exclude changes. */
export class Gate {
  #changing: string | undefined;
  #searches = 0;
  #disposed = false;

  async change<T>(where: string, work: () => Promise<T>): Promise<T> {
    this.assertStill(where);
    this.#changing = where;
    try {
      return await work();
    } catch (e) {
      throw this.#explained(where, e);
    } finally {
      this.#changing = undefined;
    }
  }

  async search<T>(where: string, work: () => Promise<T>): Promise<T> {
    this.assertUnchanging(where);
    this.#searches++;
    try {
      return await work();
    } catch (e) {
      throw this.#explained(where, e);
    } finally {
      this.#searches--;
    }
  }

  /** @throws LutraError `STATE` after {@link dispose} */
  assertAlive(where: string): void {
    if (this.#disposed)
      throw new LutraError('STATE', `${where}: the index is disposed`, { state: 'disposed' });
  }

  assertUnchanging(where: string): void {
    this.assertAlive(where);
    if (this.#changing !== undefined) throw busy(where, this.#changing);
  }

  assertStill(where: string): void {
    this.assertUnchanging(where);
    if (this.#searches > 0) throw busy(where, 'search');
  }

  /** Runs what answers at once. */
  now<T>(where: string, work: () => T): T {
    this.assertUnchanging(where);
    try {
      return work();
    } catch (e) {
      throw this.#explained(where, e);
    }
  }

  /** Whether this was the first time. */
  dispose(): boolean {
    const first = !this.#disposed;
    this.#disposed = true;
    return first;
  }

  /** A foreign error is wrapped once, here; one that comes of a `dispose` meanwhile is a matter of state. */
  #explained(where: string, e: unknown): unknown {
    if (isLutraError(e)) return e;
    this.assertAlive(where);
    const [first] = (e instanceof Error ? e.message : String(e)).split('\n');
    return new LutraError(
      'BACKEND',
      `${where}: LanceDB failed: ${first}`,
      { backend: 'lancedb' },
      { cause: e },
    );
  }
}
// #endregion

function busy(where: string, what: string): LutraError {
  return new LutraError('STATE', `${where}: ${what} is under way`, { state: `busy: ${what}` });
}
