// Run by `prepack` in the folder of a package: puts its modules into one file for each entry point of `exports`, and what
// they share into chunks, in bundle/, which is what the package has in the registry. Importing a hundred small files takes
// three times as long (docs/adr/0002).
import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import { pathToFileURL } from 'node:url'
import { build } from 'esbuild'

const { exports: modules, publishConfig } = JSON.parse(readFileSync('package.json', 'utf8'))
const entries = Object.entries(publishConfig.exports)
  .filter(([, target]) => typeof target === 'object')
  .map(([name, target]) => ({ from: modules[name].default, to: target.default }))

const { metafile } = await build({
  entryPoints: Object.fromEntries(
    entries.map(({ from, to }) => [to.slice('./bundle/'.length, -'.js'.length), from]),
  ),
  outdir: 'bundle',
  bundle: true,
  splitting: true,
  packages: 'external',
  platform: 'node',
  format: 'esm',
  target: 'node20.19',
  // Some would get another one: the names of errors are seen by users.
  keepNames: true,
  metafile: true,
  logLevel: 'warning',
})

for (const { from, to } of entries) {
  const [source, bundled] = await Promise.all([from, to].map(load))
  const wrong = Object.keys(source).filter((name) => kindOf(source[name]) !== kindOf(bundled[name]))
  if (wrong.length > 0) throw new Error(`${to}: differ in the bundle: ${wrong.join(', ')}`)
}
console.log(`${Object.keys(metafile.inputs).length} modules in ${Object.keys(metafile.outputs).length} files`)

function load(path) {
  return import(pathToFileURL(join(process.cwd(), path)))
}

/** What is the same of a value and its copy. */
function kindOf(value) {
  return typeof value === 'function' ? `function ${value.name}` : typeof value
}
