import { readdirSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import { ROOT } from '../docs-of-the-repository.js'

/** A program in a document: a block of TypeScript that is whole. Blocks that are not are marked `ts fragment`. */
export interface Program {
  /** Path of the document, relative to the repository. */
  readonly document: string
  /** Position among the programs of its document, from 0. */
  readonly index: number
  readonly source: string
  /** What the document says that it prints: a block `text` behind it, else what stands behind each `console.log`. */
  readonly prints: string
}

/** Documents whose programs are compiled and run. */
export function documentsWithPrograms(): string[] {
  const packages = readdirSync(join(ROOT, 'packages')).map((name) => `packages/${name}/README.md`)
  const guide = readdirSync(join(ROOT, 'docs/guide')).filter((name) => name.endsWith('.md'))
  return ['README.md', ...packages, ...guide.map((name) => `docs/guide/${name}`)]
}

/** The programs of a document, in order. */
export function programsOf(document: string): Program[] {
  const blocks = blocksOf(readFileSync(join(ROOT, document), 'utf8'))
  const programs: Program[] = []
  for (const [position, { language, text }] of blocks.entries()) {
    if (language !== 'ts') continue
    const next = blocks[position + 1]
    const prints = next?.language === 'text' ? next.text.trimEnd() : printsOf(text)
    programs.push({ document, index: programs.length, source: text, prints })
  }
  return programs
}

/** The fenced blocks of a text; `language` is all that stands behind the fence. */
export function blocksOf(text: string): { readonly language: string; readonly text: string }[] {
  return [...text.matchAll(/^```([^\n]*)\n([\s\S]*?)^```$/gm)].map(([, language = '', body = '']) => ({
    language,
    text: body,
  }))
}

function printsOf(source: string): string {
  return [...source.matchAll(/^console\.log\(.*\) \/\/ (.*)$/gm)].map(([, text = '']) => text).join('\n')
}
