/** What is used of Observable Plot: a bundle of these alone is a quarter smaller. */
export { binX, dot, line, plot, rectY, ruleX, ruleY, text } from '@observablehq/plot';
