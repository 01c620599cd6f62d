import { mkdirSync, writeFileSync } from 'node:fs'
import { dirname, join } from 'node:path'
import { build, transform } from 'esbuild'
import { workerPrograms } from './worker-programs.mjs'

const TARGET = 'node20.19'

/**
 * The modules of a package as ES modules: one file for each entry point, and chunks of what two of them share, so that
 * nothing exists twice.
 *
 * @param modules - The entry points, as paths below `dist` without their ending.
 * @returns The files written to, by their paths below `outdir`.
 */
export async function writeEsModules(modules, outdir) {
  const { outputFiles } = await build({
    entryPoints: modules.map((module) => `dist/${module}.js`),
    outbase: 'dist',
    outdir,
    bundle: true,
    splitting: true,
    packages: 'external',
    plugins: [workerPrograms],
    platform: 'node',
    format: 'esm',
    target: TARGET,
    // Names of errors and functions are shown to users, and two declarations of one file may not have one name.
    keepNames: true,
    write: false,
    logLevel: 'warning',
  })
  const files = outputFiles.map(({ path, text }) => ({
    path: path.slice(join(process.cwd(), outdir).length + 1),
    text,
  }))
  writeFiles(outdir, files)
  return files
}

/** The same files once more as CommonJS modules, each by itself: what is shared stays shared. */
export async function writeCommonJs(files, outdir) {
  const converted = await Promise.all(
    files.map(async ({ path, text }) => {
      const usesUrl = text.includes('import.meta.url')
      // Jest has no import() in CommonJS modules, and bundlers take a require() in `try` for one that may fail.
      const required = text.replaceAll('await import(', 'await require(')
      if (/\bimport\(/.test(required))
        throw new Error(`${path}: expected each import() to be awaited where it is`)
      const { code } = await transform(required, {
        format: 'cjs',
        platform: 'node',
        target: TARGET,
        // As in Node.js, the default export of a CommonJS module is the whole module.
        sourcefile: path.replace(/\.js$/, '.mjs'),
        logLevel: 'warning',
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
