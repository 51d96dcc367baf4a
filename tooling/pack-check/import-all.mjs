// Imports every public subpath of the installed packages and prints, as JSON, their names and what went wrong. It runs
// in the folder of the tarballs, under the Node to be tested: node import-all.mjs '{"@lutra/core":[".","./node"]}'
const wanted = JSON.parse(process.argv[2]);
const names = {};
const problems = [];
for (const [name, subpaths] of Object.entries(wanted)) {
  names[name] = {};
  for (const subpath of subpaths) {
    try {
      names[name][subpath] = Object.keys(await import(name + subpath.slice(1))).sort();
    } catch (e) {
      problems.push(`${name}${subpath.slice(1)}: import failed: ${e}`);
    }
  }
}
console.log(JSON.stringify({ names, problems }));
