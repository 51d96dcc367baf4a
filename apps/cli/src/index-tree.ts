import type { IndexTree, ListStatistics, TransformTree } from '@lutra/faiss-format';
import { formatBytes, formatCount } from './format.js';

/** An index and those below it as an indented tree; ends in a newline. */
export function formatIndexTree(tree: IndexTree): string {
  return `${linesOf(tree).join('\n')}\n`;
}

function linesOf(tree: IndexTree): string[] {
  const role = tree.role === 'index' ? '' : `${tree.role}: `;
  const size = tree.codeSize > 0 ? `${formatCount(tree.codeSize)} bytes a vector, ` : '';
  const head =
    `${role}${tree.className} (${tree.fourcc}), d ${tree.d}, ${formatCount(tree.ntotal)} vectors, ${tree.metric}, ` +
    `${tree.isTrained ? '' : 'not trained, '}${size}${formatBytes(tree.bytes.total)}`;
  const children = [...(tree.transforms ?? []).map(transformLines), ...tree.children.map(linesOf)];
  const details = [...parameterLine(tree.parameters), ...(tree.lists ? listLines(tree.lists) : [])];
  const bar = children.length > 0 ? '│  ' : '   ';
  return [head, ...details.map((line) => bar + line), ...children.flatMap(indented)];
}

function indented(lines: readonly string[], i: number, all: readonly (readonly string[])[]): string[] {
  const last = i === all.length - 1;
  return lines.map((line, n) => (n === 0 ? (last ? '└─ ' : '├─ ') : last ? '   ' : '│  ') + line);
}

function transformLines(transform: TransformTree): string[] {
  const { className, fourcc, dIn, dOut, isTrained, bytes } = transform;
  const head = `transform: ${className} (${fourcc}), ${dIn} → ${dOut} dimensions, `;
  const state = isTrained ? '' : 'not trained, ';
  return [
    head + state + formatBytes(bytes),
    ...parameterLine(transform.parameters).map((line) => `   ${line}`),
  ];
}

function parameterLine(parameters: Readonly<Record<string, string | number | boolean>>): string[] {
  const words = Object.entries(parameters).map(([name, value]) => `${name} ${value}`);
  return words.length === 0 ? [] : [words.join(', ')];
}

function listLines(lists: ListStatistics): string[] {
  const { min, median, max, empty, imbalanceFactor } = lists;
  return [
    `lists of ${formatCount(min)} to ${formatCount(max)} vectors, median ${formatCount(median)}, ` +
      `${formatCount(empty)} empty, imbalance factor ${imbalanceFactor.toFixed(3)}`,
  ];
}
