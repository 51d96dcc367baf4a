import { count } from '../format.js';
import type { ListSizes } from '../protocol.js';
import { Figure } from '../ui/plot.js';

/** How the vectors are spread over the lists. */
export function Histogram({ lists: { sizes, imbalance } }: { lists: ListSizes }) {
  const mean = sizes.reduce((a, b) => a + b, 0) / sizes.length;
  const empty = sizes.filter((n) => n === 0).length;
  const text = `${count(sizes.length)} lists of ${mean.toFixed(0)} vectors in the mean, from ${count(Math.min(...sizes))} to ${count(Math.max(...sizes))}${empty > 0 ? `, ${empty} of them empty` : ''}. A search looks at ${imbalance.toFixed(2)} times what equal lists would cost.`;
  return (
    <div id="lists">
      <h3>Sizes of the lists</h3>
      <p class="note">{text}</p>
      <Figure
        label={text}
        ratio={0.17}
        draw={(plot) => ({
          ...{ marginLeft: 44, marginBottom: 34, marginTop: 18 },
          x: { label: 'vectors in a list →' },
          y: { label: '↑ lists', ticks: 3 },
          marks: [
            plot.rectY(sizes, {
              ...plot.binX({ y: 'count', thresholds: 48 }, { x: (n: number) => n }),
              fill: 'var(--accent)',
            }),
            plot.ruleX([mean], { stroke: 'var(--coral)', strokeWidth: 1.5 }),
            plot.text([mean], {
              x: (n: number) => n,
              text: () => 'mean',
              frameAnchor: 'top',
              dx: 18,
              fill: 'var(--coral)',
            }),
            plot.ruleY([0], { stroke: 'var(--line)' }),
          ],
        })}
      />
    </div>
  );
}
