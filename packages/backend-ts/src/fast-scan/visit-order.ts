import type { ProbeTable } from '../probe-table.js';

/**
 * The visits of some queries to lists that are not empty, those to one list together. A visit is `q · nprobe + rank`. One
 * query goes to the nearest list first, which gives the tightest threshold for the others.
 */
export class VisitOrder {
  visits: Uint32Array = new Uint32Array(0);
  count = 0;
  /** Where the next visit to a list goes. */
  readonly #next = new Map<number, number>();

  sort(probes: ProbeTable): void {
    const n = probes.nq * probes.nprobe;
    if (this.visits.length < n) this.visits = new Uint32Array(n);
    if (probes.nq === 1) this.#one(probes);
    else this.#byList(probes);
  }

  #one(probes: ProbeTable): void {
    this.count = 0;
    for (let i = 0; i < probes.nprobe; i++) {
      const rank = probes.nearest[i]!;
      if (probes.sizeOf(0, rank) > 0) this.visits[this.count++] = rank;
    }
  }

  /** A counting sort; lists that are the nearest to a query come first. */
  #byList(probes: ProbeTable): void {
    const { nq, nprobe, labels } = probes;
    const next = this.#next;
    next.clear();
    for (let i = 0; i < nprobe; i++) {
      for (let q = 0; q < nq; q++) {
        const rank = probes.nearest[q * nprobe + i]!;
        if (probes.sizeOf(q, rank) === 0) continue;
        const list = labels[q * nprobe + rank]!;
        next.set(list, (next.get(list) ?? 0) + 1);
      }
    }
    let at = 0;
    for (const [list, visits] of next) {
      next.set(list, at);
      at += visits;
    }
    this.count = at;
    for (let rank = 0; rank < nprobe; rank++) {
      for (let q = 0; q < nq; q++) {
        if (probes.sizeOf(q, rank) === 0) continue;
        const list = labels[q * nprobe + rank]!;
        const to = next.get(list)!;
        this.visits[to] = q * nprobe + rank;
        next.set(list, to + 1);
      }
    }
  }
}
