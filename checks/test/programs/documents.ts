import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import { documents, ROOT } from '../docs-of-the-repository.js'

/** A whole program in a document: a block `ts`, or `cts` for CommonJS. */
export interface Program {
  /** Path of the document, relative to the repository. */
  readonly document: string
  /** Position among the programs of its document, from 0. */
  readonly index: number
  readonly extension: 'ts' | 'cts'
  readonly source: string
  /** What the document says that it prints: a block `text` behind it, else the comments behind each `console.log`. */
  readonly prints: string
  /** Those comments. */
  readonly comments: readonly string[]
}

/** A block of TypeScript that is compiled and not run. */
export interface Source {
  readonly document: string
  /** Path of the file it is written to, relative to the folder of its document. */
  readonly path: string
  readonly source: string
}

/** The TypeScript of a document. */
export interface Blocks {
  readonly programs: readonly Program[]
  /** Blocks `ts <path>`: files beside the programs of the document, which import them. */
  readonly modules: readonly Source[]
  /** Blocks `ts fragment`: not whole. Names they use and do not declare are in `checks/fragments/context.d.ts`. */
  readonly fragments: readonly Source[]
}

/** Documents whose TypeScript is compiled, and whose programs are run. */
export function documentsWithPrograms(): string[] {
  return documents().filter((path) => /^(README\.md|packages\/|docs\/)/.test(path))
}

/** The TypeScript of a document, each kind in order. */
export function typeScriptOf(document: string): Blocks {
  const blocks = blocksOf(readFileSync(join(ROOT, document), 'utf8'))
  const programs: Program[] = []
  const modules: Source[] = []
  const fragments: Source[] = []
  for (const [position, { language, text: source }] of blocks.entries()) {
    if (language === 'ts' || language === 'cts') {
      const next = blocks[position + 1]
      const comments = commentsOf(source)
      const prints = next?.language === 'text' ? next.text.trimEnd() : comments.join('\n')
      programs.push({ document, index: programs.length, extension: language, source, prints, comments })
    } else if (language === 'ts fragment') {
      fragments.push({ document, path: `fragment-${fragments.length}.ts`, source })
    } else if (language.startsWith('ts ')) {
      modules.push({ document, path: language.slice('ts '.length), source })
    }
  }
  return { programs, modules, fragments }
}

/** The programs of a document, in order. */
export function programsOf(document: string): readonly Program[] {
  return typeScriptOf(document).programs
}

/** The fenced blocks of a text; `language` is all that stands behind the fence. */
export function blocksOf(text: string): { readonly language: string; readonly text: string }[] {
  return [...text.matchAll(/^```([^\n]*)\n([\s\S]*?)^```$/gm)].map(([, language = '', body = '']) => ({
    language,
    text: body,
  }))
}

function commentsOf(source: string): string[] {
  return [...source.matchAll(/^ *console\.log\(.*\) \/\/ (.*)$/gm)].map(([, text = '']) => text)
}
