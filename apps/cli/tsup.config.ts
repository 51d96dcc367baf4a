import { defineConfig } from 'tsup';

export default defineConfig({
  entry: { main: 'src/main.ts' },
  format: ['esm'],
  target: 'node20',
  platform: 'node',
  sourcemap: true,
  clean: true,
  // what few commands need, drawing for one, is loaded when they run
  splitting: true,
  treeshake: true,
});
