import { fileURLToPath } from 'node:url';
import { checkLayers } from './check.mjs';

const { packages, problems } = checkLayers(fileURLToPath(new URL('../../', import.meta.url)));
for (const problem of problems) console.error(problem);
console.log(`${packages} packages checked, ${problems.length} problems`);
if (packages === 0 || problems.length > 0) process.exitCode = 1;
