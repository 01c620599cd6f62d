// Run by `prepack` in the folder of a package: puts its modules into one file, bundle/index.js, which is what the
// package has in the registry. Importing a hundred small files takes three times as long (docs/adr/workspace/0002).
import { join } from 'node:path'
import { pathToFileURL } from 'node:url'
import { build } from 'esbuild'

const { metafile } = await build({
  entryPoints: ['dist/index.js'],
  outfile: 'bundle/index.js',
  bundle: true,
  packages: 'external',
  platform: 'node',
  format: 'esm',
  target: 'node20.19',
  // Some would get another one: the names of errors are seen by users.
  keepNames: true,
  metafile: true,
  logLevel: 'warning',
})

const [modules, bundle] = await Promise.all(['dist/index.js', 'bundle/index.js'].map(load))
const wrong = Object.keys(modules).filter((name) => kindOf(modules[name]) !== kindOf(bundle[name]))
if (wrong.length > 0) throw new Error(`differ in the bundle: ${wrong.join(', ')}`)
console.log(`${Object.keys(metafile.inputs).length} modules in one`)

function load(path) {
  return import(pathToFileURL(join(process.cwd(), path)))
}

/** What is the same of a value and its copy. */
function kindOf(value) {
  return typeof value === 'function' ? `function ${value.name}` : typeof value
}
