import { Delaunay } from 'd3-delaunay';
import { useEffect, useRef } from 'preact/hooks';
import type { Inspection, Picture } from '../protocol.js';

interface MapProps {
  readonly picture: Picture;
  readonly inspection: Inspection | undefined;
  readonly nprobe: number;
  readonly label: string;
  /** A row was clicked. */
  pick(row: number): void;
}

const MARGIN = 14;
/** Points beyond these parts of the set do not set the scale. */
const TAIL = 0.002;
/** Between one cell lighting up and the next, and all of them together at most. */
const CELL_MS = 35;
const ALL_MS = 700;

interface Scale {
  x(at: number): number;
  y(at: number): number;
}

function scaleOf({ points }: Picture, width: number, height: number): Scale {
  const range = (axis: number): [number, number] => {
    const values = Float64Array.from({ length: points.length / 2 }, (_, i) => points[2 * i + axis]!).sort();
    const low = values[Math.floor(TAIL * (values.length - 1))] ?? 0;
    const high = values[Math.ceil((1 - TAIL) * (values.length - 1))] ?? 1;
    return [low, Math.max(high, low + 1e-9)];
  };
  const [x0, x1] = range(0);
  const [y0, y1] = range(1);
  // the same scale on both axes: a cell is where its centroid is the nearest
  const zoom = Math.min((width - 2 * MARGIN) / (x1 - x0), (height - 2 * MARGIN) / (y1 - y0));
  return {
    x: (at) => width / 2 + (at - (x0 + x1) / 2) * zoom,
    y: (at) => height / 2 - (at - (y0 + y1) / 2) * zoom,
  };
}

type Colours = Record<'ink' | 'soft' | 'line' | 'accent' | 'amber' | 'coral' | 'raised', string>;

function coloursOf(element: Element): Colours {
  const style = getComputedStyle(element);
  // a canvas does not know light-dark(): the browser resolves it on an element
  const probe = document.createElement('i');
  element.append(probe);
  const read = (name: string): string => {
    probe.style.color = `var(--${name})`;
    return getComputedStyle(probe).color;
  };
  const names = ['ink', 'soft', 'line', 'accent', 'amber', 'coral', 'raised'] as const;
  const colours = Object.fromEntries(names.map((name) => [name, read(name) || style.color])) as Colours;
  probe.remove();
  return colours;
}

/** The set in its plane: cells, vectors, and one search. */
export function SetMap({ picture, inspection, nprobe, label, pick }: MapProps) {
  const canvas = useRef<HTMLCanvasElement>(null);
  const shown = useRef(0);
  const painter = useRef<Painter>(undefined);
  useEffect(() => {
    const element = canvas.current!;
    const repaint = (): void => {
      // there is nothing to paint on while the page takes it away
      if (element.parentElement!.clientWidth === 0) return;
      painter.current = new Painter(element, picture);
      painter.current.paint(inspection, Math.round(shown.current));
    };
    const observer = new ResizeObserver(repaint);
    observer.observe(element.parentElement!);
    const theme = matchMedia('(prefers-color-scheme: dark)');
    theme.addEventListener('change', repaint);
    return () => {
      observer.disconnect();
      theme.removeEventListener('change', repaint);
    };
  }, [picture, inspection]);
  useEffect(() => {
    const wanted = Math.min(nprobe, inspection?.lists.length ?? 0);
    const still = matchMedia('(prefers-reduced-motion: reduce)').matches || wanted <= shown.current;
    const from = still ? wanted : shown.current;
    const start = performance.now();
    const each = Math.min(CELL_MS, ALL_MS / Math.max(1, wanted - from));
    let frame = 0;
    const next = (): void => {
      shown.current = Math.min(wanted, from + (performance.now() - start) / each);
      painter.current?.paint(inspection, still ? wanted : Math.floor(shown.current));
      if (shown.current < wanted) frame = requestAnimationFrame(next);
    };
    next();
    return () => cancelAnimationFrame(frame);
  }, [picture, inspection, nprobe]);
  const click = (event: MouseEvent): void => {
    const box = canvas.current!.getBoundingClientRect();
    const row = painter.current?.nearest(event.clientX - box.left, event.clientY - box.top);
    if (row !== undefined) pick(row);
  };
  return (
    <div class="map">
      <canvas ref={canvas} role="img" aria-label={label} onClick={click} />
    </div>
  );
}

/** Paints a picture on a canvas; what does not change with the search is painted once. */
class Painter {
  readonly #canvas: HTMLCanvasElement;
  readonly #picture: Picture;
  readonly #scale: Scale;
  readonly #size: { width: number; height: number; density: number };
  readonly #colours: Colours;
  readonly #cells: Path2D[];
  readonly #ground: HTMLCanvasElement;

  constructor(canvas: HTMLCanvasElement, picture: Picture) {
    const width = canvas.parentElement!.clientWidth;
    const height = Math.round(width * (width < 520 ? 0.95 : 0.74));
    const density = Math.min(devicePixelRatio || 1, 2);
    canvas.width = width * density;
    canvas.height = height * density;
    canvas.style.height = `${height}px`;
    this.#canvas = canvas;
    this.#picture = picture;
    this.#size = { width, height, density };
    this.#scale = scaleOf(picture, width, height);
    this.#colours = coloursOf(canvas.parentElement!);
    this.#cells = this.#voronoi();
    this.#ground = this.#paintGround();
  }

  /** The row that is drawn nearest to a place. */
  nearest(x: number, y: number): number | undefined {
    const { points, rows } = this.#picture;
    let best = Number.POSITIVE_INFINITY;
    let row: number | undefined;
    for (let i = 0; i < rows.length; i++) {
      const dx = this.#scale.x(points[2 * i]!) - x;
      const dy = this.#scale.y(points[2 * i + 1]!) - y;
      if (dx * dx + dy * dy >= best) continue;
      best = dx * dx + dy * dy;
      row = rows[i]!;
    }
    return row;
  }

  paint(inspection: Inspection | undefined, lit: number): void {
    const target = this.#canvas.getContext('2d')!;
    const { density } = this.#size;
    target.setTransform(1, 0, 0, 1, 0, 0);
    target.clearRect(0, 0, this.#canvas.width, this.#canvas.height);
    target.setTransform(density, 0, 0, density, 0, 0);
    if (inspection) this.#light(target, inspection.lists, lit);
    target.drawImage(this.#ground, 0, 0, this.#size.width, this.#size.height);
    if (inspection) this.#search(target, inspection);
  }

  #voronoi(): Path2D[] {
    const { centroids } = this.#picture;
    if (!centroids || centroids.length < 4) return [];
    const { width, height } = this.#size;
    const places = Float64Array.from(centroids, (at, i) =>
      i % 2 === 0 ? this.#scale.x(at) : this.#scale.y(at),
    );
    const voronoi = new Delaunay(places).voronoi([0, 0, width, height]);
    return Array.from(
      { length: centroids.length / 2 },
      (_, cell) => new Path2D(voronoi.renderCell(cell) ?? ''),
    );
  }

  #paintGround(): HTMLCanvasElement {
    const { width, height, density } = this.#size;
    const ground = document.createElement('canvas');
    ground.width = width * density;
    ground.height = height * density;
    const target = ground.getContext('2d')!;
    target.scale(density, density);
    target.strokeStyle = this.#colours.line;
    target.lineWidth = 1;
    for (const cell of this.#cells) target.stroke(cell);
    const { points } = this.#picture;
    target.fillStyle = this.#colours.soft;
    target.globalAlpha = points.length > 16_000 ? 0.3 : 0.45;
    for (let i = 0; i < points.length; i += 2) {
      target.fillRect(this.#scale.x(points[i]!) - 0.7, this.#scale.y(points[i + 1]!) - 0.7, 1.4, 1.4);
    }
    return ground;
  }

  #light(target: CanvasRenderingContext2D, lists: readonly number[], lit: number): void {
    target.fillStyle = this.#colours.accent;
    for (let i = 0; i < lit; i++) {
      const cell = this.#cells[lists[i]!];
      if (!cell) continue;
      target.globalAlpha = 0.46 - 0.32 * (lit > 1 ? i / (lit - 1) : 0);
      target.fill(cell);
    }
    target.globalAlpha = 1;
  }

  #search(target: CanvasRenderingContext2D, { candidates, foundAt, missedAt, at }: Inspection): void {
    const { accent, amber, coral, ink, raised } = this.#colours;
    this.#dots(target, candidates, 2.4, amber, undefined);
    this.#dots(target, foundAt, 4.6, accent, raised);
    target.strokeStyle = coral;
    target.lineWidth = 2.2;
    for (let i = 0; i < missedAt.length; i += 2) {
      target.beginPath();
      target.arc(this.#scale.x(missedAt[i]!), this.#scale.y(missedAt[i + 1]!), 6, 0, 2 * Math.PI);
      target.stroke();
    }
    const [x, y] = [this.#scale.x(at[0]), this.#scale.y(at[1])];
    target.beginPath();
    target.moveTo(x, y - 8);
    target.lineTo(x + 8, y);
    target.lineTo(x, y + 8);
    target.lineTo(x - 8, y);
    target.closePath();
    target.fillStyle = ink;
    target.fill();
    target.strokeStyle = raised;
    target.stroke();
  }

  #dots(
    target: CanvasRenderingContext2D,
    places: Float32Array,
    r: number,
    fill: string,
    rim: string | undefined,
  ): void {
    target.fillStyle = fill;
    for (let i = 0; i < places.length; i += 2) {
      target.beginPath();
      target.arc(this.#scale.x(places[i]!), this.#scale.y(places[i + 1]!), r, 0, 2 * Math.PI);
      target.fill();
      if (!rim) continue;
      target.strokeStyle = rim;
      target.lineWidth = 1.5;
      target.stroke();
    }
  }
}
