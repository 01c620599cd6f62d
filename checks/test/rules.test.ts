import { readFileSync } from 'node:fs'
import { join, relative } from 'node:path'
import { sourceFilesIn } from '@dispatch/sources'
import t from 'tap'
import { documents, ROOT } from './docs-of-the-repository.js'

/** Folders whose sources have numbered rules, in the comment above the code that keeps them. */
const FOLDERS = ['packages', 'sim', 'crash']

interface Rules {
  readonly file: string
  readonly letters: string
  readonly numbers: readonly number[]
}

const SOURCES = FOLDERS.flatMap((folder) => sourceFilesIn(join(ROOT, folder)))
  .filter((path) => !relative(ROOT, path).split(/[\\/]/).includes('test'))
  .map((path) => ({ file: relative(ROOT, path).replaceAll('\\', '/'), text: readFileSync(path, 'utf8') }))

const RULES = SOURCES.flatMap(({ file, text }) => rulesOf(file, text))

/** Rules begin a line of a comment: ` *  K12 Expiration ends …`. */
function rulesOf(file: string, text: string): Rules[] {
  const numbers = new Map<string, number[]>()
  for (const [, letters = '', number] of text.matchAll(/^ *\* +([A-Z]{1,2})(\d+)\.? +\S/gm)) {
    numbers.set(letters, [...(numbers.get(letters) ?? []), Number(number)])
  }
  return [...numbers].map(([letters, found]) => ({ file, letters, numbers: found }))
}

t.test('rules are numbered from 1, without a gap', async (t) => {
  t.ok(RULES.length > 10, 'the rules were found')
  const wrong = RULES.filter(({ numbers }) => numbers.some((number, index) => number !== index + 1))
  t.strictSame(wrong, [])
})

t.test('the letters of rules are unique across the repository', async (t) => {
  const files = new Map<string, string[]>()
  for (const { file, letters } of RULES) files.set(letters, [...(files.get(letters) ?? []), file])
  t.strictSame(
    [...files].filter(([, found]) => found.length > 1),
    [],
  )
})

t.test('a rule that a comment cites exists', async (t) => {
  const last = new Map(RULES.map(({ letters, numbers }) => [letters, numbers.length]))
  const [cases = ''] = documents()
    .filter((path) => path.endsWith('/conformance.md'))
    .map((path) => readFileSync(join(ROOT, path), 'utf8'))
  const wrong = SOURCES.flatMap(({ file, text }) =>
    citationsIn(text)
      .filter(({ letters, number }) => number > (last.get(letters) ?? number))
      .filter(({ letters, number }) => !cases.includes(`\n| ${letters}${number} |`))
      .map(({ letters, number }) => `${file} cites ${letters}${number}`),
  )
  t.strictSame(wrong, [])
})

/** `(K14)`, `D2.` and the like in comments. Cases of docs/conformance.md look the same from the tenth on. */
function citationsIn(text: string): { letters: string; number: number }[] {
  const comments = [...text.matchAll(/\/\/.*|^ *\/?\*.*/gm)].map(([comment]) => comment)
  return comments.flatMap((comment) =>
    [...comment.matchAll(/\b([A-Z]{1,2})([1-9]\d?)\b/g)].map(([, letters = '', number]) => ({
      letters,
      number: Number(number),
    })),
  )
}

t.test('documents that state how many rules a file has are right', async (t) => {
  const said = documents().flatMap((path) =>
    [...readFileSync(join(ROOT, path), 'utf8').matchAll(/\b([A-Z]{1,2})1\s+to\s+\1(\d+)\b/g)].map(
      ([, letters = '', number]) => ({ path, letters, count: Number(number) }),
    ),
  )
  t.ok(said.length > 4, 'the numbers were found')
  const wrong = said
    .map((one) => ({ ...one, inFile: RULES.find(({ letters }) => letters === one.letters)?.numbers.length }))
    .filter(({ count, inFile }) => count !== inFile)
  t.strictSame(wrong, [])
})
