// Adds each row of x to the sum that its number names; four columns a vector, every column in the order of the rows.
export function sumByIdx(x: usize, nx: i32, d: i32, idx: usize, sums: usize, counts: usize): void {
  const rowBytes = <usize>d << 2;
  const whole = rowBytes & ~15;
  for (let i = 0; i < nx; i++, x += rowBytes) {
    const number = <usize>load<u32>(idx + (<usize>i << 2));
    const sum = sums + number * rowBytes;
    let at: usize = 0;
    for (; at < whole; at += 16) v128.store(sum + at, f32x4.add(v128.load(sum + at), v128.load(x + at)));
    for (; at < rowBytes; at += 4) store<f32>(sum + at, load<f32>(sum + at) + load<f32>(x + at));
    const count = counts + (number << 2);
    store<f32>(count, load<f32>(count) + 1);
  }
}
