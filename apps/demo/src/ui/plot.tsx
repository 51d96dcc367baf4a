import type { PlotOptions } from '@observablehq/plot';
import { useEffect, useRef, useState } from 'preact/hooks';
import type * as Drawing from './plot-library.js';

type Library = typeof Drawing;
let loading: Promise<Library> | undefined;

interface FigureProps {
  /** What the drawing shows, in a sentence, for those who do not see it. */
  readonly label: string;
  /** Height over width. */
  readonly ratio: number;
  draw(plot: Library, width: number): PlotOptions;
}

/** A drawing by Observable Plot, which is loaded when the first one is wanted. */
export function Figure({ label, ratio, draw }: FigureProps) {
  const box = useRef<HTMLDivElement>(null);
  const [width, setWidth] = useState(0);
  const [plot, setPlot] = useState<Library>();
  const [failed, setFailed] = useState(false);
  useEffect(() => {
    loading ??= import('./plot-library.js');
    let gone = false;
    loading.then(
      (library) => gone || setPlot(library),
      () => gone || setFailed(true),
    );
    const observer = new ResizeObserver(([entry]) => setWidth(Math.round(entry!.contentRect.width)));
    observer.observe(box.current!);
    return () => {
      gone = true;
      observer.disconnect();
    };
  }, []);
  useEffect(() => {
    if (!plot || width < 50 || !box.current) return;
    const drawing = plot.plot({ width, height: Math.round(width * ratio), ...draw(plot, width) });
    drawing.setAttribute('aria-hidden', 'true');
    box.current.replaceChildren(drawing);
  });
  if (failed)
    return <p class="note">{label} It cannot be drawn: the part of the page that draws did not load.</p>;
  return (
    <div class="figure" role="img" aria-label={label} ref={box} style={{ aspectRatio: `1 / ${ratio}` }} />
  );
}
