import {
  arrowsOf,
  entryGraph,
  type FileImport,
  floorsOf,
  functionsOf,
  importsOf,
  parseSource,
  ringsOf,
} from '@dispatch/sources'
import t from 'tap'

t.test('imports are found in every form, and type imports are recognised', async (t) => {
  const cases = [
    { text: `import { a } from './a.js'`, want: [{ specifier: './a.js', isTypeOnly: false }] },
    { text: `import './a.js'`, want: [{ specifier: './a.js', isTypeOnly: false }] },
    { text: `import type { A } from './a.js'`, want: [{ specifier: './a.js', isTypeOnly: true }] },
    { text: `import { type A, type B } from './a.js'`, want: [{ specifier: './a.js', isTypeOnly: true }] },
    { text: `import { type A, b } from './a.js'`, want: [{ specifier: './a.js', isTypeOnly: false }] },
    { text: `import a, { type B } from './a.js'`, want: [{ specifier: './a.js', isTypeOnly: false }] },
    { text: `export { a } from './a.js'`, want: [{ specifier: './a.js', isTypeOnly: false }] },
    { text: `export type { A } from './a.js'`, want: [{ specifier: './a.js', isTypeOnly: true }] },
    { text: `type A = import('./a.js').A`, want: [{ specifier: './a.js', isTypeOnly: true }] },
    { text: `const a = await import('./a.js')`, want: [{ specifier: './a.js', isTypeOnly: false }] },
    { text: `// import { a } from './a.js'`, want: [] },
    { text: `const a = "import { b } from './b.js'"`, want: [] },
    { text: `export const a = 1`, want: [] },
  ]
  t.plan(cases.length)
  for (const { text, want } of cases) t.strictSame(importsOf(parseSource('a.ts', text)), want, text)
})

t.test('functions are found in every form, with a name and their length', async (t) => {
  const cases = [
    { text: 'function a() {\n  return 1\n}', want: ['a 3'] },
    { text: 'const a = () => {\n  return 1\n}', want: ['a 3'] },
    { text: 'const a = () => 1', want: [] },
    { text: 'class A {\n  constructor() {}\n  #b() {\n  }\n}', want: ['new A 1', 'A.#b 2'] },
    { text: 'class A {\n  get b() { return 1 }\n}', want: ['A.b 1'] },
    { text: 'class A {\n  b = async () => {\n  }\n}', want: ['b 2'] },
    { text: 'const a = {\n  b() {},\n  c: function () {},\n}', want: ['b 1', 'c 1'] },
    { text: 'list.map((a) => {\n  return a\n})', want: ['callback of list.map 3'] },
    { text: 'if (a) {\n  b()\n}', want: [] },
    { text: 'declare function a(): void', want: [] },
  ]
  t.plan(cases.length)
  for (const { text, want } of cases) {
    const found = functionsOf(parseSource('a.ts', text)).map(({ name, lines }) => `${name} ${lines}`)
    t.strictSame(found, want, text)
  }
})

/** `a/1 > b/2` is an import of the second file by the first. */
function graphOf(text: string, inside?: string): Map<string, Set<string>> {
  const imports: FileImport[] = text.split(', ').map((pair) => {
    const [from = '', to = ''] = pair.split(' > ')
    return { from, to, isTypeOnly: false }
  })
  return entryGraph([...new Set(imports.flatMap(({ from, to }) => [from, to]))], imports, inside)
}

t.test('a graph has the entries of its folder, and a folder in it is one entry', async (t) => {
  const text = 'index > a/1, a/1 > a/2, a/2 > b/1, a/1 > b/2'
  t.strictSame(arrowsOf(graphOf(text)), [
    { from: 'a', to: 'b' },
    { from: 'index', to: 'a' },
  ])
  t.strictSame(floorsOf(graphOf(text)), [['b'], ['a'], ['index']])
  t.strictSame(arrowsOf(graphOf(text, 'a')), [{ from: '1', to: '2' }])
})

t.test('rings are found, also between folders without rings of files', async (t) => {
  t.strictSame(ringsOf(graphOf('a/1 > b/1, b/1 > c/1')), [])
  t.strictSame(ringsOf(graphOf('a/1 > b/1, b/2 > a/2')), [['a', 'b']])
  t.strictSame(ringsOf(graphOf('a > b, b > c, c > a, d > a')), [['a', 'b', 'c']])
  t.strictSame(floorsOf(graphOf('a > b, b > c, c > a, d > a')), [['a', 'b', 'c'], ['d']])
})
