import { mkdirSync, rmSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { ROOT } from '../docs-of-the-repository.js'
import type { Program } from './documents.js'
import { execute } from './processes.js'

const COMPILER = join(ROOT, 'node_modules/typescript/lib/tsc.js')

/** Programs that are compiled. */
export interface Compiled {
  /** What the compiler has to say; empty when all is well. */
  readonly errors: string
  /** The compiled file of one of them. */
  pathOf(program: Program): string
}

/**
 * Compiles programs under the rules of this repository.
 *
 * @param name - Folder for them, inside this package, so that its dependencies are found. One for each test file: several run
 *   at the same time.
 */
export async function compilePrograms(name: string, programs: readonly Program[]): Promise<Compiled> {
  const folder = join(ROOT, 'checks/.readme', name)
  // What was compiled before must not pass for what is there now.
  rmSync(folder, { recursive: true, force: true })
  mkdirSync(folder, { recursive: true })
  for (const program of programs) writeFileSync(join(folder, `${baseOf(program)}.ts`), program.source)
  const { base, ...options } = {
    base: '../../../tsconfig.base.json',
    rootDir: '.',
    outDir: 'dist',
    composite: false,
    declaration: false,
    declarationMap: false,
  }
  writeFileSync(
    join(folder, 'tsconfig.json'),
    JSON.stringify({
      extends: base,
      compilerOptions: options,
      files: programs.map((program) => `${baseOf(program)}.ts`),
    }),
  )
  const { code, output } = await execute(process.execPath, [COMPILER, '-p', folder], {})
  return {
    errors: code === 0 ? '' : output,
    pathOf: (program) => join(folder, 'dist', `${baseOf(program)}.js`),
  }
}

/** `docs-guide-tutorial-0` for the first program of `docs/guide/tutorial.md`. */
function baseOf({ document, index }: Program): string {
  return `${document.replace(/\.md$/, '').replaceAll('/', '-')}-${index}`
}
