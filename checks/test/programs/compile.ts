import { mkdirSync, rmSync, writeFileSync } from 'node:fs'
import { dirname, join } from 'node:path'
import { ROOT } from '../docs-of-the-repository.js'
import { type Blocks, type Program, type Source, typeScriptOf } from './documents.js'
import { execute } from './processes.js'

const COMPILER = join(ROOT, 'node_modules/typescript/lib/tsc.js')

/** What fragments may use without declaring it. Programs do not see it. */
const CONTEXT = join(ROOT, 'checks/fragments/context.d.ts')

/** The rules of this repository, and decorators with their metadata, for frameworks that need them. */
const OPTIONS = {
  outDir: 'dist',
  composite: false,
  declaration: false,
  declarationMap: false,
  experimentalDecorators: true,
  emitDecoratorMetadata: true,
  erasableSyntaxOnly: false,
}

/** Documents whose TypeScript was compiled. */
export interface Compiled {
  /** What the compiler reports; empty when there are no errors. */
  readonly errors: string
  /** The compiled file of one of their programs. */
  pathOf(program: Program): string
}

/**
 * Compiles the programs, modules and fragments of documents under the rules of this repository.
 *
 * @param name - Folder for them, inside this package, so that its dependencies are found. One for each test file: several run
 *   at the same time.
 */
export async function compileDocuments(name: string, documents: readonly string[]): Promise<Compiled> {
  const folder = join(ROOT, 'checks/.readme', name)
  // What was compiled before must not pass for what is there now.
  rmSync(folder, { recursive: true, force: true })
  const all = documents.map(typeScriptOf)
  const projects = [
    writeProject(join(folder, 'programs'), all.flatMap(filesOf), []),
    writeProject(
      join(folder, 'fragments'),
      all.flatMap(({ fragments }) => fragments.map(asModule)),
      [CONTEXT],
    ),
  ]
  const { code, output } = await execute(process.execPath, [COMPILER, '-b', ...projects], {})
  return {
    errors: code === 0 ? '' : output,
    pathOf: (program) =>
      join(
        folder,
        'programs/dist',
        folderOf(program),
        `${baseOf(program)}.${program.extension.replace('t', 'j')}`,
      ),
  }
}

function filesOf({ programs, modules }: Blocks): Source[] {
  const ofPrograms = programs.map((program) => ({
    ...program,
    path: `${baseOf(program)}.${program.extension}`,
  }))
  return [...ofPrograms, ...modules]
}

/** Only in a module may `await` stand at the top, and only there are names its own. */
function asModule(fragment: Source): Source {
  return { ...fragment, source: `${fragment.source}\nexport {}\n` }
}

/** Writes the files of a project and its configuration; gives its folder back. */
function writeProject(folder: string, sources: readonly Source[], declarations: readonly string[]): string {
  mkdirSync(folder, { recursive: true })
  const files = sources.map((source) => join(folderOf(source), source.path))
  for (const [index, { source }] of sources.entries()) {
    const path = join(folder, files[index] as string)
    mkdirSync(dirname(path), { recursive: true })
    writeFileSync(path, source)
  }
  const configuration = {
    extends: join(ROOT, 'tsconfig.base.json'),
    compilerOptions: { ...OPTIONS, rootDir: '.' },
    files: [...files, ...declarations],
  }
  writeFileSync(join(folder, 'tsconfig.json'), JSON.stringify(configuration))
  return folder
}

/** `docs-guide-tutorial` for `docs/guide/tutorial.md`. */
function folderOf({ document }: Pick<Source, 'document'>): string {
  return document.replace(/\.md$/, '').replaceAll('/', '-')
}

function baseOf({ index }: Program): string {
  return `program-${index + 1}`
}
