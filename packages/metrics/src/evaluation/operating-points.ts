import { assertFinite } from '../checks.js';

/** A setting that was tried, and what it gave. */
export interface OperatingPoint {
  /** What more is better of, usually recall; above 0 to be of any use. */
  readonly perf: number;
  /** What it costs, usually seconds. */
  readonly time: number;
  /** The setting, for people: `nprobe=8,kFactor=4`. */
  readonly key: string;
  /** The setting, for the explorer: its combination number; -1 unless told. */
  readonly cno?: number;
}

/**
 * The best operating points seen so far: a Pareto front of performance against time that grows point by point, with
 * the rules of faiss's OperatingPoints (1.15). For a finished list see `paretoFront`.
 *
 * Where it differs from a plain Pareto front: a point of perf 0 or less never counts, and of equal points the first
 * stays. faiss's list also holds its starting point, perf 0 in no time; {@link optimal} leaves it out.
 * @see faiss/AutoTune.h
 */
export class OperatingPoints {
  readonly #all: OperatingPoint[] = [];
  #optimal: OperatingPoint[] = [];

  /** Every point that was added, in that order. */
  get all(): readonly OperatingPoint[] {
    return this.#all;
  }

  /** The points worth choosing, by rising perf and time. A new array after every change. */
  get optimal(): readonly OperatingPoint[] {
    return this.#optimal;
  }

  /**
   * Records a point and returns whether it is optimal: better in perf than all that take no longer. Points that it
   * beats leave {@link optimal}.
   * @throws LutraError `ARGUMENT` for a perf or time that is not finite
   */
  add(point: OperatingPoint): boolean {
    assertFinite('OperatingPoints.add', 'perf', point.perf, -Infinity);
    assertFinite('OperatingPoints.add', 'time', point.time, -Infinity);
    const { perf, time, key, cno = -1 } = point;
    const kept = { perf, time, key, cno };
    this.#all.push(kept);
    if (perf <= 0) return false;
    const rivals = this.#optimal;
    if (rivals.some((r) => r.perf >= perf && r.time <= time)) return false;
    const slower = rivals.filter((r) => r.perf > perf);
    const faster = rivals.filter((r) => r.perf < perf && r.time < time);
    this.#optimal = [...faster, kept, ...slower];
    return true;
  }

  /** Adds all points of `other`, with `prefix` before their keys; returns how many were optimal when added. */
  mergeWith(other: OperatingPoints, prefix = ''): number {
    let kept = 0;
    for (const point of [...other.all]) {
      if (this.add({ ...point, key: prefix + point.key })) kept++;
    }
    return kept;
  }

  /**
   * The time of the fastest point with at least this perf: 0 for a perf of 0 or less, which doing nothing gives, and
   * Infinity (faiss: 1e50) for one that no point reaches.
   */
  timeForPerf(perf: number): number {
    if (perf <= 0) return 0;
    return this.#optimal.find((point) => point.perf >= perf)?.time ?? Infinity;
  }
}
