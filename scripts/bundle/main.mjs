// Run by `prepack` in the folder of a package: makes what the package has in the registry, in bundle/: its modules in one
// file, as ES modules and as CommonJS, each with its declarations. The entry points are those of `exports`
// (docs/adr/workspace/0019-builds-of-the-packages.md).
import { readFileSync, rmSync } from 'node:fs'
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
console.log(`${manifest.name}: ${files.length} modules and ${declarations} declarations in each build`)
