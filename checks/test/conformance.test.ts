import { existsSync, readFileSync } from 'node:fs'
import { resolve } from 'node:path'
import t from 'tap'
import { generatedDocs, ROOT, WRITE_DOCS } from './docs-of-the-repository.js'

/** How many cases there are of each kind. */
const COUNTS: Record<string, number> = { E: 29, S: 26, V: 24, R: 22, X: 27, Q: 27, C: 10, B: 16, L: 2, T: 3 }

const TEXT = readFileSync(resolve(ROOT, 'docs/reference/conformance.md'), 'utf8')

const CASES = [...TEXT.matchAll(/^\| ([A-Z]\d\d) \| (.*?) \| (.*?) \| ?(.*?) ?\|$/gm)].map(
  ([, id = '', given = '', expected = '', held = '']) => ({ id, given, expected, held }),
)

const LEFT_OUT = CASES.filter(({ held }) => held.startsWith('left out:'))

t.test('every case is listed once, in order', async (t) => {
  const want = Object.entries(COUNTS).flatMap(([letter, count]) =>
    Array.from({ length: count }, (_, index) => `${letter}${String(index + 1).padStart(2, '0')}`),
  )
  t.strictSame(
    CASES.map(({ id }) => id),
    want,
  )
})

t.test('every case states its input and what is expected', async (t) => {
  t.strictSame(
    CASES.filter(({ given, expected }) => given === '' || expected === ''),
    [],
  )
})

t.test('every case is held by a test or left out with a reason', async (t) => {
  t.strictSame(
    CASES.filter(({ held }) => held === '' || held === 'left out:').map(({ id }) => id),
    [],
    `write a test whose name begins with the id, then: ${WRITE_DOCS}`,
  )
})

t.test('a test that is named for a case has the id in the name of a test', async (t) => {
  const wrong = CASES.filter((one) => !LEFT_OUT.includes(one)).flatMap(({ id, held }) =>
    [...held.matchAll(/\]\((?:\.\.\/)+([^)]+)\)/g)]
      .map(([, file = '']) => file)
      .filter((file) => !existsSync(resolve(ROOT, file)) || !hasTestNamed(file, id))
      .map((file) => `${id} is not in ${file}`),
  )
  t.strictSame(wrong, [], WRITE_DOCS)
})

t.test('a case that is left out has no test', async (t) => {
  const { names } = await generatedDocs()
  t.strictSame(
    LEFT_OUT.map(({ id }) => id).filter((id) => names.has(id)),
    [],
    'list it as tested: delete the reason, then regenerate',
  )
})

function hasTestNamed(file: string, id: string): boolean {
  const text = readFileSync(resolve(ROOT, file), 'utf8')
  return new RegExp(`['"\`][^'"\`\\n]*\\b${id}\\b`).test(text)
}
