// Run by `prepack` in the folder of a package: makes what the package has in the registry, in bundle/: its modules in a
// few files, as ES modules and as CommonJS, each with its declarations. The entry points are those of `exports`
// (docs/adr/workspace/0019-builds-of-the-packages.md).
import { readFileSync, rmSync } from 'node:fs'
import { createRequire } from 'node:module'
import { join } from 'node:path'
import { pathToFileURL } from 'node:url'
import { isDeepStrictEqual } from 'node:util'
import { copyDeclarations } from './declarations.mjs'
import { entriesOf, publishConfigOf } from './manifest.mjs'
import { writeCommonJs, writeEsModules } from './modules.mjs'

const manifest = JSON.parse(readFileSync('package.json', 'utf8'))
if (!isDeepStrictEqual(manifest.publishConfig, publishConfigOf(manifest)))
  throw new Error(
    `${manifest.name}: publishConfig does not follow from exports; run: node ../../scripts/bundle/manifest.mjs`,
  )
const modules = entriesOf(manifest).map(({ module }) => module)

rmSync('bundle', { recursive: true, force: true })
const files = await writeEsModules(modules, 'bundle/esm')
await writeCommonJs(files, 'bundle/cjs')
const declarations = copyDeclarations(modules, ['bundle/esm', 'bundle/cjs'])
for (const module of modules) await compare(module)
console.log(`${manifest.name}: ${files.length} modules and ${declarations} declarations in each build`)

/** @throws {Error} When a build does not export what the compiled module does. */
async function compare(module) {
  const path = (folder) => join(process.cwd(), folder, `${module}.js`)
  const source = await import(pathToFileURL(path('dist')))
  const builds = {
    'bundle/esm': await import(pathToFileURL(path('bundle/esm'))),
    'bundle/cjs': createRequire(import.meta.url)(path('bundle/cjs')),
  }
  for (const [folder, build] of Object.entries(builds)) {
    const wrong = Object.keys(source).filter((name) => kindOf(source[name]) !== kindOf(build[name]))
    if (wrong.length > 0) throw new Error(`${folder}/${module}.js: exports differ: ${wrong.join(', ')}`)
  }
}

/** What is the same of a value and its copy. */
function kindOf(value) {
  return typeof value === 'function' ? `function ${value.name}` : typeof value
}
