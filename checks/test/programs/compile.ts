import { mkdirSync, rmSync, writeFileSync } from 'node:fs'
import { dirname, join } from 'node:path'
import { ROOT } from '../docs-of-the-repository.js'
import { type Program, type Source, typeScriptOf } from './documents.js'
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

/** What a CommonJS file needs to be written with `import`. */
const COMMONJS = { verbatimModuleSyntax: false }

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
  const programs = all.flatMap((blocks) => blocks.programs)
  const written = (extension: Program['extension']) =>
    programs.filter((program) => program.extension === extension).map(asSource)
  const modules = all.flatMap((blocks) => blocks.modules)
  const fragments = all.flatMap((blocks) => blocks.fragments).map(asModule)
  const projects = [
    writeProject(join(folder, 'ts'), { sources: [...written('ts'), ...modules] }),
    writeProject(join(folder, 'cts'), { sources: written('cts'), options: COMMONJS }),
    writeProject(join(folder, 'fragments'), { sources: fragments, declarations: [CONTEXT] }),
  ]
  const { code, output } = await execute(process.execPath, [COMPILER, '-b', ...projects], {})
  return {
    errors: code === 0 ? '' : output,
    pathOf(program) {
      const { document, path } = asSource(program)
      return join(folder, program.extension, 'dist', folderOf(document), path.replace(/ts$/, 'js'))
    },
  }
}

function asSource({ document, index, extension, source }: Program): Source {
  return { document, path: `program-${index + 1}.${extension}`, source }
}

/** Only in a module may `await` stand at the top, and only there are names its own. */
function asModule(fragment: Source): Source {
  return { ...fragment, source: `${fragment.source}\nexport {}\n` }
}

interface Project {
  readonly sources: readonly Source[]
  readonly declarations?: readonly string[]
  readonly options?: Readonly<Record<string, boolean>>
}

/** Writes the files of a project and its configuration; gives its folder back. */
function writeProject(folder: string, { sources, declarations = [], options }: Project): string {
  mkdirSync(folder, { recursive: true })
  const files = sources.map(({ document, path }) => join(folderOf(document), path))
  for (const [index, { source }] of sources.entries()) {
    const path = join(folder, files[index] as string)
    mkdirSync(dirname(path), { recursive: true })
    writeFileSync(path, source)
  }
  const configuration = {
    extends: join(ROOT, 'tsconfig.base.json'),
    compilerOptions: { ...OPTIONS, ...options, rootDir: '.' },
    files: [...files, ...declarations],
  }
  // A project without files is an error.
  if (configuration.files.length === 0) configuration.files.push(CONTEXT)
  writeFileSync(join(folder, 'tsconfig.json'), JSON.stringify(configuration))
  return folder
}

/** `docs-guide-tutorial` for `docs/guide/tutorial.md`. */
function folderOf(document: string): string {
  return document.replace(/\.md$/, '').replaceAll('/', '-')
}
