import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { OperatingPoints, paretoFront } from '../src/index.js';

const points = fc.array(
  fc.record({ perf: fc.integer({ min: 0, max: 6 }), time: fc.integer({ min: 0, max: 6 }) }),
  { maxLength: 25 },
);

describe('paretoFront', () => {
  it('keeps what nothing beats, by rising recall', () => {
    const list = [
      { recall: 0.9, time: 3, nprobe: 8 },
      { recall: 0.5, time: 1, nprobe: 1 },
      { recall: 0.5, time: 1, nprobe: 2 },
      { recall: 0.7, time: 4, nprobe: 4 },
    ];
    const front = paretoFront(list, { maximise: 'recall', minimise: 'time' });
    expect(front.map((p) => p.nprobe)).toEqual([1, 8]);
    expect(front[1]).toBe(list[0]);
  });

  it('takes functions, and has nothing to say of nothing', () => {
    const goals = { maximise: (p: number[]) => p[0]!, minimise: (p: number[]) => p[1]! };
    expect(
      paretoFront(
        [
          [1, Infinity],
          [1, 2],
          [3, 4],
        ],
        goals,
      ),
    ).toEqual([
      [1, 2],
      [3, 4],
    ]);
    expect(paretoFront([], goals)).toEqual([]);
  });

  it('equals the definition', () => {
    fc.assert(
      fc.property(points, (list) => {
        const front = paretoFront(list, { maximise: 'perf', minimise: 'time' });
        const wanted = list.filter(
          (p, i) =>
            !list.some(
              (o, j) => o.perf >= p.perf && o.time <= p.time && (o.perf > p.perf || o.time < p.time || j < i),
            ),
        );
        expect(front).toEqual(wanted.sort((a, b) => a.perf - b.perf));
      }),
    );
  });

  it('refuses NaN and what is no number', () => {
    const goals = { maximise: 'a', minimise: 'b' } as const;
    expect(() => paretoFront([{ a: 1, b: Number.NaN }], goals)).toThrowError(
      expect.objectContaining({ code: 'ARGUMENT' }),
    );
    expect(() => paretoFront([{ a: '1' as never, b: 1 }], goals)).toThrowError(
      expect.objectContaining({ code: 'ARGUMENT' }),
    );
  });
});

describe('OperatingPoints', () => {
  it('does what faiss 1.15.1 does with this sequence', () => {
    // perf, time, and what faiss.OperatingPoints.add returned; the last line is its optimal_pts.
    const trace: [number, number, boolean][] = [
      [0.5, 2, true],
      [0, 0.1, false],
      [0.8, 5, true],
      [0.8, 4, true],
      [0.8, 4, false],
      [0.6, 4, false],
      [0.6, 3, true],
      [0.5, 3, false],
      [0.9, 3, true],
      [0.95, 3, true],
      [0.5, 2, false],
      [0.3, 1, true],
      [0.4, 2, false],
    ];
    const operating = new OperatingPoints();
    expect(trace.map(([perf, time]) => operating.add({ perf, time, key: `${perf}@${time}` }))).toEqual(
      trace.map(([, , kept]) => kept),
    );
    expect(operating.optimal.map((p) => p.key)).toEqual(['0.3@1', '0.5@2', '0.95@3']);
    expect(operating.all).toHaveLength(trace.length);
    expect(operating.all[0]).toEqual({ perf: 0.5, time: 2, key: '0.5@2', cno: -1 });
  });

  it('ends with the Pareto front, whatever the order, and says truly whether a point was kept', () => {
    fc.assert(
      fc.property(points, (list) => {
        const operating = new OperatingPoints();
        list.forEach((point, cno) => {
          const kept = operating.add({ ...point, key: '', cno });
          expect(operating.optimal.some((p) => p.cno === cno)).toBe(kept);
        });
        const useful = operating.all.filter((p) => p.perf > 0);
        expect(operating.optimal).toEqual(paretoFront(useful, { maximise: 'perf', minimise: 'time' }));
      }),
    );
  });

  it('answers how long a perf takes', () => {
    const operating = new OperatingPoints();
    expect(operating.timeForPerf(0.1)).toBe(Infinity);
    operating.add({ perf: 0.5, time: 1, key: 'a' });
    operating.add({ perf: 0.9, time: 4, key: 'b' });
    expect([0, 0.4, 0.5, 0.6, 0.91].map((p) => operating.timeForPerf(p))).toEqual([0, 1, 1, 4, Infinity]);
  });

  it('takes over the points of another, and of itself', () => {
    const a = new OperatingPoints();
    a.add({ perf: 0.5, time: 1, key: 'nprobe=1', cno: 7 });
    const b = new OperatingPoints();
    b.add({ perf: 0.5, time: 0.5, key: 'x', cno: 1 });
    b.add({ perf: 0.4, time: 0.9, key: 'y' });
    expect(a.mergeWith(b, 'b ')).toBe(1);
    expect(a.optimal).toEqual([{ perf: 0.5, time: 0.5, key: 'b x', cno: 1 }]);
    expect(a.mergeWith(a)).toBe(0);
    expect(a.all).toHaveLength(6);
  });

  it('refuses what is not finite', () => {
    const operating = new OperatingPoints();
    for (const point of [
      { perf: Number.NaN, time: 1, key: '' },
      { perf: 1, time: Infinity, key: '' },
    ]) {
      expect(() => operating.add(point)).toThrowError(expect.objectContaining({ code: 'ARGUMENT' }));
    }
    expect(operating.all).toHaveLength(0);
  });
});
