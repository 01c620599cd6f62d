import { basename } from 'node:path'
import { build } from 'esbuild'

/**
 * Puts the programs of worker threads into the bundle as text: a module `x-program.js` beside `x.js` exports
 * `X_PROGRAM`. A bundler of applications does not follow `new URL('./x.js', import.meta.url)`.
 */
export const workerPrograms = {
  name: 'worker-programs',
  setup({ onLoad }) {
    onLoad({ filter: /-program\.js$/ }, async ({ path }) => {
      const file = path.replace(/-program\.js$/, '.js')
      const name = basename(path, '.js').toUpperCase().replaceAll('-', '_')
      const program = JSON.stringify(await programOf(file))
      return { contents: `export const ${name} = { isText: true, program: ${program} }` }
    })
  },
}

/** A script: threads that are made from text have `require`, and no place from which to import packages. */
async function programOf(file) {
  const { outputFiles } = await build({
    entryPoints: [file],
    bundle: true,
    platform: 'node',
    format: 'cjs',
    target: 'node20.19',
    define: { 'import.meta.url': 'undefined' },
    keepNames: true,
    minifySyntax: true,
    minifyWhitespace: true,
    write: false,
    logLevel: 'warning',
  })
  return outputFiles[0].text
}
