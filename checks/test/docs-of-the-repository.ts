import { readdirSync } from 'node:fs'
import { dirname, join, resolve } from 'node:path'
import { fileURLToPath, pathToFileURL } from 'node:url'

/** The folder of the repository. */
export const ROOT = resolve(dirname(fileURLToPath(import.meta.url)), '../..')

/** What to do when a generated part of the documentation is out of date. */
export const WRITE_DOCS = 'run: node scripts/generate-docs.mjs'

interface Generator {
  generateDocs(): Promise<Record<string, string>>
  testNames(): Map<string, string[]>
}

/** The files with generated parts as they should be, and the conformance cases that tests are named for. */
export async function generatedDocs(): Promise<{
  readonly texts: Record<string, string>
  readonly names: Map<string, string[]>
}> {
  const generator = (await import(
    pathToFileURL(join(ROOT, 'scripts/generate-docs.mjs')).href
  )) as unknown as Generator
  return { texts: await generator.generateDocs(), names: generator.testNames() }
}

/** Every Markdown file that people read, relative to the repository. */
export function documents(): string[] {
  const packages = readdirSync(join(ROOT, 'packages')).map((name) => `packages/${name}`)
  const examples = readdirSync(join(ROOT, 'examples')).map((name) => `examples/${name}`)
  const docs = readdirSync(join(ROOT, 'docs'), { recursive: true, encoding: 'utf8' })
    .filter((path) => path.endsWith('.md'))
    .map((path) => `docs/${path.replaceAll('\\', '/')}`)
  const beside = ['.', 'bench', ...packages, ...examples].flatMap((folder) =>
    readdirSync(join(ROOT, folder))
      .filter((name) => name.endsWith('.md'))
      .map((name) => (folder === '.' ? name : `${folder}/${name}`)),
  )
  return [...docs, ...beside]
}
