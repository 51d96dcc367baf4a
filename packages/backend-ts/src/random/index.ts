export { floatRand, floatRandn } from './float-rand.js';
export { RandomGenerator } from './mt19937.js';
export { randPerm } from './rand-perm.js';
export { SplitMix64 } from './split-mix64.js';
