// RaBitQ codes, in the order of faiss's float32 sums, so that codes come out the same.

const EPSILON: f32 = 1.1920929e-7;
// The error bound's constant of the paper.
const BOUND: f32 = 1.9;

// Where a search for the best scale starts, as a share of its end; by the number of extra bits.
@inline
function startShare(bits: i32): f32 {
  return bits == 1 ? 0.15 : bits == 2 ? 0.2 : bits == 3 ? 0.52 : bits == 4 ? 0.59
    : bits == 5 ? 0.71 : bits == 6 ? 0.75 : bits == 7 ? 0.77 : 0.81;
}

@inline
function heapLess(keys: usize, ids: usize, a: i32, b: i32): bool {
  const ka = load<f32>(keys + (<usize>a << 2));
  const kb = load<f32>(keys + (<usize>b << 2));
  return ka < kb || (ka == kb && load<u32>(ids + (<usize>a << 2)) < load<u32>(ids + (<usize>b << 2)));
}

@inline
function swap(at: usize, a: i32, b: i32): void {
  const x = load<u32>(at + (<usize>a << 2));
  store<u32>(at + (<usize>a << 2), load<u32>(at + (<usize>b << 2)));
  store<u32>(at + (<usize>b << 2), x);
}

function sink(keys: usize, ids: usize, i: i32, size: i32): void {
  for (;;) {
    let child = 2 * i + 1;
    if (child >= size) return;
    if (child + 1 < size && heapLess(keys, ids, child + 1, child)) child++;
    if (!heapLess(keys, ids, child, i)) return;
    swap(keys, i, child);
    swap(ids, i, child);
    i = child;
  }
}

// The scale t that makes trunc(t · o) + 1/2 most parallel to o; o f32 (d) ≥ 0, scratch 4 · 4 d bytes.
function bestScale(o: usize, d: i32, bits: i32, scratch: usize): f32 {
  const maxCode = (1 << bits) - 1;
  const keys = scratch, ids = scratch + (<usize>d << 2);
  const current = scratch + (<usize>d << 3), inverse = scratch + 12 * <usize>d;
  let maxO: f32 = 0;
  for (let j = 0; j < d; j++) maxO = max<f32>(maxO, load<f32>(o + (<usize>j << 2)));
  if (!(maxO > 0)) return 0;
  const end = <f32>(maxCode + 10) / maxO;
  const start = end * startShare(bits);
  let square: f32 = <f32>d * 0.25;
  let numerator: f32 = 0;
  let size = 0;
  for (let j = 0; j < d; j++) {
    const at = <usize>j << 2;
    const v = load<f32>(o + at);
    const cur = <i32>(<f64>(start * v) + 1e-5);
    store<i32>(current + at, cur);
    square += <f32>(cur * cur + cur);
    numerator += (<f32>cur + 0.5) * v;
    const inv = <f32>1 / v;
    store<f32>(inverse + at, inv);
    const next = <f32>(cur + 1) * inv;
    if (next < end) {
      store<f32>(keys + (<usize>size << 2), next);
      store<u32>(ids + (<usize>size << 2), j);
      size++;
    }
  }
  for (let i = (size >> 1) - 1; i >= 0; i--) sink(keys, ids, i, size);
  let root: f32 = <f32>1 / sqrt<f32>(square);
  let best: f32 = 0;
  let t: f32 = 0;
  while (size > 0) {
    const at = <usize>load<u32>(ids) << 2;
    const cur = load<i32>(current + at) + 1;
    store<i32>(current + at, cur);
    const delta = <f32>2 * <f32>cur;
    square += delta;
    numerator += load<f32>(o + at);
    const before = square - delta;
    root = root * (<f32>1 - <f32>0.5 * delta / (before + delta * <f32>0.5));
    const product = numerator * root;
    if (product > best) {
      best = product;
      t = load<f32>(keys);
    }
    const next = <f32>(cur + 1) * load<f32>(inverse + at);
    if (cur < maxCode && next < end) store<f32>(keys, next);
    else {
      size--;
      store<f32>(keys, load<f32>(keys + (<usize>size << 2)));
      store<u32>(ids, load<u32>(ids + (<usize>size << 2)));
    }
    sink(keys, ids, 0, size);
  }
  return t;
}

// The extra bits and their two factors, at `code`; r f32 (d) is the residual.
function encodeExtra(r: usize, centroid: usize, d: i32, bits: i32, similarity: bool, code: usize, scratch: usize): void {
  const factors = code + ((<usize>d * <usize>bits + 7) >>> 3);
  let square: f64 = 0;
  for (let j = 0; j < d; j++) {
    const v = <f64>load<f32>(r + (<usize>j << 2));
    square += v * v;
  }
  const norm = sqrt<f32>(<f32>square);
  if (norm < 1e-10) return;
  const o = scratch;
  for (let j = 0; j < d; j++) store<f32>(o + (<usize>j << 2), abs<f32>(load<f32>(r + (<usize>j << 2)) / norm));
  const t = bestScale(o, d, bits, scratch + (<usize>d << 2));
  const maxCode = (1 << bits) - 1;
  let product: f64 = 0, toCentroid: f64 = 0;
  for (let j = 0; j < d; j++) {
    const at = <usize>j << 2;
    const v = load<f32>(o + at);
    let c = min<i32>(<i32>(<f64>(t * v) + 1e-5), maxCode);
    product += (<f64>c + 0.5) * <f64>v;
    if (load<f32>(r + at) < 0) c = ~c & maxCode;
    const bit = <u32>j * <u32>bits;
    const to = code + <usize>(bit >>> 3);
    const word = <u32>c << (bit & 7);
    store<u8>(to, <u32>load<u8>(to) | word);
    if (word > 255) store<u8>(to, <u32>load<u8>(to, 1) | (word >>> 8), 1);
    if (centroid != 0) toCentroid += <f64>load<f32>(r + at) * <f64>load<f32>(centroid + at);
  }
  let inverse = <f32>(<f64>1 / product);
  if (!(inverse >= 1.1754944e-38 && inverse <= 3.4028235e38)) inverse = 1;
  store<f32>(factors, similarity ? <f32>toCentroid : norm * norm);
  store<f32>(factors, similarity ? inverse * norm : inverse * <f32>-2 * norm, 4);
}

@inline
function errorOf(square: f32, root: f32, sum: f32, d: i32): f32 {
  const half = <f32>0.5 * sum;
  if (!(abs<f32>(half) > EPSILON)) return 0;
  const ratio = (square * (<f32>d * <f32>0.25)) / (half * half);
  if (!(ratio > 1)) return 0;
  return root * BOUND * sqrt<f32>(d == 1 ? ratio - 1 : (ratio - 1) / <f32>(d - 1));
}

export function rabitqEncode(
  x: usize,
  n: i32,
  d: i32,
  centroid: usize,
  bits: i32,
  similarity: bool,
  codes: usize,
  stride: i32,
  scratch: usize,
): void {
  const bytes = (<usize>d + 7) >>> 3;
  const r = scratch;
  const rootD = <f32>1 / sqrt<f32>(<f32>d);
  for (let i = 0; i < n; i++, x += <usize>d << 2, codes += <usize>stride) {
    memory.fill(codes, 0, <usize>stride);
    let square: f32 = 0, own: f32 = 0, sum: f32 = 0;
    for (let j = 0; j < d; j++) {
      const at = <usize>j << 2;
      const v = load<f32>(x + at);
      const diff = centroid == 0 ? v : v - load<f32>(centroid + at);
      store<f32>(r + at, diff);
      square += diff * diff;
      own += v * v;
      if (diff > 0) {
        sum += diff;
        const to = codes + <usize>(j >>> 3);
        store<u8>(to, <u32>load<u8>(to) | ((<u32>1) << (<u32>j & 7)));
      } else sum += -diff;
    }
    const root = sqrt<f32>(square);
    const normalized = sum * (square < EPSILON ? <f32>1 : <f32>1 / root) * rootD;
    const inverse = abs<f32>(normalized) < EPSILON ? <f32>1 : <f32>1 / normalized;
    const factors = codes + bytes;
    store<f32>(factors, similarity ? square - own : square);
    store<f32>(factors, inverse * root, 4);
    if (bits == 0) continue;
    store<f32>(factors, (similarity ? <f32>1 : <f32>2) * errorOf(square, root, sum, d), 8);
    encodeExtra(r, centroid, d, bits, similarity, factors + 12, scratch + (<usize>d << 2));
  }
}
