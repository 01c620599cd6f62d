import { existsSync, readdirSync, readFileSync } from 'node:fs'
import { dirname, resolve } from 'node:path'
import { STATUSES, type Status } from '@dispatch/protocol'
import { CONNECT_CODES } from '@dispatch/protocol/connect'
import { constantsOf, parseSource } from '@dispatch/sources'
import t from 'tap'
import { documents, generatedDocs, ROOT, WRITE_DOCS } from './docs-of-the-repository.js'

const textOf = (path: string): string => readFileSync(resolve(ROOT, path), 'utf8')

/** Cells of the rows of all tables in a text, without heads. */
function rowsOf(text: string): string[][] {
  return [...text.matchAll(/^\| (?!---)(.*) \|$/gm)].map(([, cells = '']) =>
    cells.split(/ \|(?= )/).map((cell) => cell.trim()),
  )
}

/** Links to files of the repository in a document, without their fragments. */
function linksOf(path: string): { readonly target: string; readonly fragment: string }[] {
  const prose = textOf(path).replace(/^```[\s\S]*?^```/gm, '')
  return [...prose.matchAll(/\]\(([^)\s]+)\)/g)]
    .map(([, link = '']) => link)
    .filter((link) => !/^[a-z]+:/.test(link))
    .map((link) => {
      const [file = '', fragment = ''] = link.split('#')
      return { target: file === '' ? path : resolve(ROOT, dirname(path), file), fragment }
    })
}

/** The fragment by which a heading is linked to. */
function fragmentOf(heading: string): string {
  return heading
    .toLowerCase()
    .replace(/[^\p{L}\p{N} -]/gu, '')
    .replaceAll(' ', '-')
}

/** Who tests a conformance case may change from day to day; conformance.test.ts holds the list to be true. */
const GENERATED = [
  'docs/guide/concurrency.md',
  'docs/guide/retries-and-errors.md',
  'docs/reference/statuses.md',
]

t.test('generated tables are up to date', async (t) => {
  const { texts } = await generatedDocs()
  t.plan(GENERATED.length)
  for (const path of GENERATED) t.equal(textOf(path), texts[path], `${path}: ${WRITE_DOCS}`)
})

t.test('docs/reference/statuses.md agrees with the table in the code on every status', async (t) => {
  const rows = rowsOf(textOf('docs/reference/statuses.md')).filter(([number = '']) => /^\d+$/.test(number))
  const words = { yes: 'yes', no: 'no', restart: 'from the input' }
  const moves = { increase: 'rises', decrease: 'falls', keep: 'stays' }
  const want = (Object.keys(STATUSES) as Status[]).map((status) => {
    const { code, retry, concurrency, errorName, summary } = STATUSES[status]
    const name = errorName === '' ? '' : `\`${errorName}\``
    return [String(code), `\`${status}\``, words[retry], moves[concurrency], name, summary]
  })
  const got = rows.filter((cells) => cells.length >= 5).map((cells) => cells.join(' | '))
  t.strictSame(
    got,
    want.map((cells) => cells.join(' | ')),
    WRITE_DOCS,
  )
})

t.test('docs/reference/statuses.md names every system code and every Connect code', async (t) => {
  const text = textOf('docs/reference/statuses.md')
  const codes = Object.values(STATUSES).flatMap(({ systemCodes }) => systemCodes as readonly string[])
  const names = [...codes, ...Object.keys(CONNECT_CODES)]
  t.strictSame(
    names.filter((name) => !text.includes(`\`${name}\``)),
    [],
    WRITE_DOCS,
  )
})

t.test('every link leads to a file, and to a heading of it', async (t) => {
  const broken = documents().flatMap((path) =>
    linksOf(path)
      .filter(({ target, fragment }) => !leadsSomewhere(resolve(ROOT, target), fragment))
      .map(({ target, fragment }) => `${path} → ${target}${fragment && `#${fragment}`}`),
  )
  t.strictSame(broken, [])
})

function leadsSomewhere(path: string, fragment: string): boolean {
  if (!existsSync(path)) return false
  if (fragment === '') return true
  const headings = [...readFileSync(path, 'utf8').matchAll(/^#+ (.*)$/gm)].map(([, text = '']) => text)
  return headings.some((heading) => fragmentOf(heading) === fragment)
}

t.test(
  'docs/understand/follow-one-call.md needs at most eight files, and each has the functions it is said to have',
  async (t) => {
    const text = textOf('docs/understand/follow-one-call.md')
    const files = new Set(
      linksOf('docs/understand/follow-one-call.md')
        .map(({ target }) => target)
        .filter((target) => target.includes('/src/')),
    )
    t.ok(files.size > 0 && files.size <= 8, `${files.size} files`)
    const sources = [...files].map((file) => ({ file, source: readFileSync(file, 'utf8') }))
    const names = new Set([...text.matchAll(/`(#?\w+)\(\)`/g)].map(([, name = '']) => name))
    t.ok(names.size > 20, 'the names were found')
    const missing = [...names].filter((name) => !sources.some(({ source }) => defines(source, name)))
    t.strictSame(missing, [])
  },
)

t.test(
  'docs/understand/follow-one-call.md names functions of the file that a section links to',
  async (t) => {
    const sections = textOf('docs/understand/follow-one-call.md').split(/^## /m).slice(1)
    const wrong = sections.flatMap((section) => {
      const [, file] = /\]\((?:\.\.\/)+(packages\/[^)]+)\)/.exec(section) ?? []
      const [first = ''] =
        file === undefined ? [] : (/`(#?\w+)\(\)`/.exec(section.slice(section.indexOf(file))) ?? [])
      const name = first.replaceAll(/[`()]/g, '')
      return file === undefined || defines(textOf(file), name) ? [] : [`${name} is not in ${file}`]
    })
    t.strictSame(wrong, [])
  },
)

/** Whether a source has a function or a method of this name. */
function defines(source: string, name: string): boolean {
  return new RegExp(`(?:function |^\\s*(?:async )?|const )${name}(?:<[^(]*>)?(?:\\(| = )`, 'm').test(source)
}

const TESTED = 'docs/contribute/how-guarantees-are-tested.md'

t.test(`${TESTED} quotes tests that exist`, async (t) => {
  const rows = [
    ...textOf(TESTED).matchAll(/\]\((?:\.\.\/)+((?:packages|e2e|sim|crash)\/\S+\.test\.ts)\) "([^"]+)"/g),
  ]
  t.ok(rows.length > 60, 'the tests were found')
  const missing = rows
    .filter(([, file = '', name = '']) => !existsSync(resolve(ROOT, file)) || !textOf(file).includes(name))
    .map(([, file, name]) => `${file} has no test "${name}"`)
  t.strictSame(missing, [])
})

/** The first cell of each row of all tables in a text. */
function firstCells(text: string): string[] {
  return rowsOf(text).map(([first = '']) => first)
}

t.test('every promise of docs/understand/guarantees.md is held by a test, and no other is', async (t) => {
  const [promised = ''] = textOf('docs/understand/guarantees.md').split('\n## What is not promised')
  const sections = promised.split('\n## ').slice(1).join('\n')
  const want = [...sections.matchAll(/^- (.*(?:\n {2}.*)*)/gm)].map(([, text = '']) =>
    text.replaceAll('\n ', ''),
  )
  const [tested = ''] = textOf(TESTED).split('\n## Limits')
  t.ok(want.length > 30, 'the promises were found')
  t.strictSame(
    firstCells(tested).filter((cell) => cell !== 'promise'),
    want,
  )
})

/** The rows of docs/reference/limits.md: limit, value, unit, option, where. */
const LIMITS = rowsOf(textOf('docs/reference/limits.md'))
  .filter(([limit]) => limit !== 'limit')
  .map(([limit = '', value = '', , option = '', where = '']) => ({ limit, value, option, where }))

t.test('docs/reference/limits.md has the limits of the code, each under a name of its own', async (t) => {
  t.ok(LIMITS.length > 40, 'the limits were found')
  const wrong = LIMITS.map(({ limit, value, where }) => {
    const [, file = '', name = ''] = /\]\((?:\.\.\/)+(\S+)\) `(\w+)`$/.exec(where) ?? []
    const want = value.split(';').map((number) => Number(number.replaceAll(' ', '')))
    return { limit, want, got: file === '' ? [] : numbersOf(file, name) }
  }).filter(({ want, got }) => JSON.stringify(want) !== JSON.stringify(got))
  t.strictSame(wrong, [])
  const names = LIMITS.map(({ limit }) => limit)
  t.strictSame(
    names.filter((name, index) => names.indexOf(name) !== index),
    [],
  )
})

t.test('docs/operate/overload.md has the options and defaults of docs/reference/limits.md', async (t) => {
  const rows = rowsOf(textOf('docs/operate/overload.md')).filter(([option = '']) => option.startsWith('`'))
  t.ok(rows.length > 10, 'the options were found')
  const wrong = rows
    .filter(([, value]) => value !== 'none')
    .map(([option, value]) => ({ option, value }))
    .filter(({ option, value }) => !LIMITS.some((row) => row.option === option && row.value === value))
  t.strictSame(wrong, [])
})

t.test(`${TESTED} names limits of docs/reference/limits.md`, async (t) => {
  const [, section = ''] = textOf(TESTED).split(/\n## (?:Limits|Overload)\n/)
  const names = firstCells(section).filter((cell) => cell !== 'limit')
  t.ok(names.length > 20, 'the limits were found')
  t.strictSame(
    names.filter((name) => !LIMITS.some(({ limit }) => limit === name)),
    [],
  )
})

/** The number of a constant or of a property of one, or the start and the ceiling of a policy. */
function numbersOf(path: string, name: string): number[] {
  const constants = constantsOf(parseSource(resolve(ROOT, path)))
  const policies = Object.values(constants).filter((value) => typeof value === 'object')
  const value =
    constants[name] ?? policies.map((policy) => policy[name]).find((number) => number !== undefined)
  if (value === undefined) return []
  return typeof value === 'number' ? [value] : [value.start ?? Number.NaN, value.ceiling ?? Number.NaN]
}

t.test('docs/reference/wire.md lists every field that we add to the messages of the original', async (t) => {
  const folder = 'packages/protocol/proto/dispatch/sdk/v1'
  const want = readdirSync(resolve(ROOT, folder)).flatMap((file) =>
    addedFieldsOf(textOf(`${folder}/${file}`)),
  )
  const got = rowsOf(textOf('docs/reference/wire.md'))
    .filter(([, , number = '']) => /^1\d{3}$/.test(number))
    .map(([message = '', field = '', number = '']) => `${message} ${field} ${number}`.replaceAll('`', ''))
  t.ok(want.length > 10, 'the fields were found')
  t.strictSame(got.sort(), want.sort())
})

function addedFieldsOf(proto: string): string[] {
  return [...proto.matchAll(/^message (\w+) \{([\s\S]*?)^\}/gm)].flatMap(([, message, body = '']) =>
    [...body.matchAll(/(\w+) = (1\d{3});/g)].map(([, field, number]) => `${message} ${field} ${number}`),
  )
}

const CONFIGURATION = 'docs/reference/configuration.md'

t.test(
  'docs/reference/configuration.md lists every option of a Dispatch, and every variable that is read',
  async (t) => {
    const text = textOf(CONFIGURATION)
    const options = [
      ...textOf('packages/core/src/config/dispatch-options.ts').matchAll(/^ {2}readonly (\w+)\?:/gm),
    ]
    const variables = [
      ...['config.ts', 'signing.ts'].flatMap((name) => [
        ...textOf(`packages/core/src/config/${name}`).matchAll(/\b(DISPATCH_[A-Z_]+|NODE_ENV)\b/g),
      ]),
    ]
    const names = new Set([...options, ...variables].map(([, name = '']) => name))
    t.ok(names.size > 15, 'the options were found')
    t.strictSame(
      [...names].filter((name) => !text.includes(`\`${name}\``)),
      [],
    )
  },
)

t.test('docs/reference/configuration.md lists every option of a scheduler', async (t) => {
  const [, text = ''] = textOf(CONFIGURATION).split('\n## Scheduler\n')
  const sources = [
    ['serve.ts', 'ServeSchedulerOptions'],
    ['scheduler.ts', 'SchedulerLimits'],
    ['calls/admission.ts', 'AdmissionLimits'],
    ['calls/waiters.ts', 'WaiterLimits'],
    ['service/request-capacity.ts', 'RequestLimits'],
  ] as const
  const names = sources.flatMap(([file, name]) => {
    const body = new RegExp(`^export interface ${name}\\b[^{]*\\{([\\s\\S]*?)^\\}`, 'm')
    const [, found = ''] = body.exec(textOf(`packages/scheduler/src/${file}`)) ?? []
    return [...found.matchAll(/^ {2}readonly (\w+)\??:/gm)].map(([, option = '']) => option)
  })
  t.ok(names.length > 15, 'the options were found')
  t.strictSame(
    names.filter((name) => !text.includes(`\`${name}\``)),
    [],
  )
})

t.test('docs/reference/configuration.md names every option of a function and of a call', async (t) => {
  const text = textOf(CONFIGURATION)
  const sources = ['function-options.ts', 'call-options.ts'].map((name) =>
    textOf(`packages/core/src/functions/${name}`),
  )
  const bodies = sources.flatMap((source) => [
    ...source.matchAll(/^export interface (?:FunctionOptions|\w*CallOptions)\b[^{]*\{([\s\S]*?)^\}/gm),
  ])
  const names = bodies.flatMap(([, body = '']) => [...body.matchAll(/^ {2}readonly (\w+)\?:/gm)])
  t.ok(names.length > 8, 'the options were found')
  t.strictSame(
    names.map(([, name = '']) => name).filter((name) => !new RegExp(`\\b${name}\\b`).test(text)),
    [],
  )
})

t.test('the index of docs/adr has every record', async (t) => {
  const index = textOf('docs/adr/README.md')
  const records = readdirSync(resolve(ROOT, 'docs/adr'), { recursive: true, encoding: 'utf8' })
    .map((path) => path.replaceAll('\\', '/'))
    .filter((path) => /(^|\/)\d{4}-/.test(path))
  t.ok(records.length > 5)
  t.strictSame(
    records.filter((name) => !index.includes(`](${name})`)),
    [],
  )
})
