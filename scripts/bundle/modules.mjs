import { mkdirSync, writeFileSync } from 'node:fs'
import { dirname, join, posix } from 'node:path'
import { pathToFileURL } from 'node:url'
import { build, transform } from 'esbuild'
import { ALL } from './manifest.mjs'
import { ownPackages } from './own-packages.mjs'
import { workerPrograms } from './worker-programs.mjs'

const TARGET = 'node20.19'

/**
 * The modules of a package as ES modules. A package of several entry points is one module, and they re-export their names
 * from it: nothing exists twice, and one file is loaded instead of many.
 *
 * @param modules - The entry points, as paths below `dist` without their ending.
 * @returns The files written to, by their paths below `outdir`.
 */
export async function writeEsModules(modules, outdir) {
  const files = modules.length === 1 ? [await bundle(modules[0])] : await bundleAll(modules)
  writeFiles(outdir, files)
  return files
}

async function bundleAll(modules) {
  const exported = new Map()
  const entries = []
  for (const module of modules) {
    const names = await import(pathToFileURL(join(process.cwd(), 'dist', `${module}.js`)))
    for (const [name, value] of Object.entries(names)) {
      const known = exported.get(name)
      if (known !== undefined && known.value !== value)
        throw new Error(`${module}.js and ${known.module}.js export two things by the name ${name}`)
      if (known === undefined) exported.set(name, { module, value })
    }
    const path = posix.relative(posix.dirname(module), `${ALL}.js`)
    const from = path.startsWith('.') ? path : `./${path}`
    entries.push({
      path: `${module}.js`,
      text: `export { ${Object.keys(names).join(', ')} } from '${from}'\n`,
    })
  }
  const all = [...exported].map(([name, { module }]) => `export { ${name} } from './dist/${module}.js'`)
  return [await bundle(ALL, { contents: all.join('\n'), resolveDir: process.cwd() }), ...entries]
}

async function bundle(module, stdin) {
  const { outputFiles } = await build({
    ...(stdin === undefined ? { entryPoints: [`dist/${module}.js`] } : { stdin }),
    bundle: true,
    packages: 'external',
    plugins: [ownPackages, workerPrograms],
    platform: 'node',
    format: 'esm',
    target: TARGET,
    // Names of errors and functions are shown to users, and two declarations of one file may not have one name.
    keepNames: true,
    write: false,
    logLevel: 'warning',
  })
  return { path: `${module}.js`, text: outputFiles[0].text }
}

/** The same files once more as CommonJS modules, each on its own: what is shared stays shared. */
export async function writeCommonJs(files, outdir) {
  const converted = await Promise.all(
    files.map(async ({ path, text }) => {
      const usesUrl = text.includes('import.meta.url')
      // Jest has no import() in CommonJS modules, and bundlers take a require() in `try` for one that may fail.
      const required = text.replaceAll('await import(', 'await require(')
      if (/\bimport\(/.test(required))
        throw new Error(`${path}: expected each import() to be awaited in place`)
      const { code } = await transform(required, {
        format: 'cjs',
        platform: 'node',
        target: TARGET,
        // As in Node.js, the default export of a CommonJS module is the whole module.
        sourcefile: path.replace(/\.js$/, '.mjs'),
        logLevel: 'warning',
        // CommonJS has no `import.meta.resolve`, and the code does without it.
        logOverride: { 'empty-import-meta': 'silent' },
        ...(usesUrl && { define: { 'import.meta.url': 'urlOfThisModule' }, banner: MODULE_URL }),
      })
      return { path, text: code }
    }),
  )
  writeFiles(outdir, converted)
  writeFiles(outdir, [{ path: 'package.json', text: '{"type":"commonjs","sideEffects":false}\n' }])
}

const MODULE_URL = 'const urlOfThisModule = require("node:url").pathToFileURL(__filename).href;'

function writeFiles(folder, files) {
  for (const { path, text } of files) {
    const target = join(folder, path)
    mkdirSync(dirname(target), { recursive: true })
    writeFileSync(target, text)
  }
}
