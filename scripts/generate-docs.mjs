// Writes the parts of the documentation that are derived from the code: the tables of statuses, from STATUSES; what the
// adaptive limit and the retry policy do, by running them; and where each conformance case is tested, from the names of
// the tests. Needs the packages built.
// `checks/test/docs.test.ts` and `checks/test/conformance.test.ts` fail when a file is not what this would write.
import { readdirSync, readFileSync, writeFileSync } from 'node:fs'
import { basename, join, relative } from 'node:path'
import { fileURLToPath, pathToFileURL } from 'node:url'
import { adaptiveTables } from './docs/adaptive-tables.mjs'
import { giveUpTable, waitsTable } from './docs/retry-tables.mjs'
import { table } from './docs/table.mjs'
import { generateApi } from './sources/api/index.mjs'
import { constantsOf, parseSource } from './sources/index.mjs'

const ROOT = fileURLToPath(new URL('..', import.meta.url))

/** The files with generated parts, by their path, as they should be. */
export async function generateDocs() {
  const [vocabulary, connect, adaptiveLimit, retryPolicy] = await Promise.all(
    [
      'protocol/dist/index.js',
      'protocol/dist/connect/index.js',
      'scheduler/dist/kernel/limits/adaptive-limit.js',
      'scheduler/dist/kernel/state/retry-policy.js',
    ].map((file) => import(pathToFileURL(join(ROOT, 'packages', file)).href)),
  )
  const protocol = { ...vocabulary, ...connect }
  const names = testNames()
  return {
    'docs/guide/retries-and-errors.md': withBlocks('docs/guide/retries-and-errors.md', {
      glance: glanceTable(protocol),
      waits: waitsTable(retryPolicy),
      'give-up': giveUpTable(retryPolicy),
    }),
    'docs/guide/concurrency.md': withBlocks('docs/guide/concurrency.md', {
      adaptive: adaptiveTables(adaptiveLimit),
    }),
    'docs/reference/statuses.md': withBlocks('docs/reference/statuses.md', {
      statuses: statusTable(protocol),
      codes: systemCodeTable(protocol),
      http: httpTable(protocol),
      connect: connectTable(protocol),
      'adaptive limit': adaptiveLimitList(),
    }),
    'docs/reference/conformance.md': withTests(
      readFileSync(join(ROOT, 'docs/reference/conformance.md'), 'utf8'),
      names,
    ),
  }
}

/** Ids of conformance cases in the names of tests, with the test files that have them. */
export function testNames() {
  const filesById = new Map()
  for (const file of testFiles()) {
    for (const id of idsIn(readFileSync(join(ROOT, file), 'utf8'))) {
      filesById.set(id, [...(filesById.get(id) ?? []), file])
    }
  }
  return filesById
}

/** Ids stand at the start of a text: `'Q06 Q07 Q08 runs say …'`, `'R19 and R20 …'`, `'C02 C07 without …'`. */
function idsIn(source) {
  const ids = new Set()
  for (const [, leading] of source.matchAll(/['"`]((?:[ESVRXQCBLT]\d\d\b(?: and |, | |(?=['"`:])))+)/g)) {
    for (const [id] of leading.matchAll(/[ESVRXQCBLT]\d\d/g)) ids.add(id)
  }
  return ids
}

function testFiles() {
  const folders = readdirSync(join(ROOT, 'packages')).map((name) => join(ROOT, 'packages', name, 'test'))
  return [...folders, join(ROOT, 'e2e/test')]
    .flatMap((folder) => sourcesIn(folder))
    .map((file) => relative(ROOT, file).replaceAll('\\', '/'))
    .sort()
}

function sourcesIn(folder) {
  return readdirSync(folder, { withFileTypes: true }).flatMap((entry) => {
    const path = join(folder, entry.name)
    if (entry.isDirectory()) return sourcesIn(path)
    return entry.name.endsWith('.ts') ? [path] : []
  })
}

const CASE_ROW = /^(\| ([ESVRXQCBLT]\d\d) \|.*\|) ([^|]*)\|$/gm

function withTests(text, filesById) {
  return text.replace(CASE_ROW, (row, start, id, held) => {
    if (held.startsWith('left out:')) return row
    const links = (filesById.get(id) ?? []).map((file) => `[${linkText(file)}](../../${file})`)
    return `${start} ${links.join(', ')} |`.replace('|  |', '| |')
  })
}

/** `core/endpoint` for `packages/core/test/endpoint/endpoint.test.ts`. */
function linkText(file) {
  const owner = file.startsWith('packages/') ? file.split('/')[1] : file.split('/')[0]
  return `${owner}/${basename(file).replace(/(\.test)?\.ts$/, '')}`
}

function withBlocks(path, blocks) {
  let text = readFileSync(join(ROOT, path), 'utf8')
  for (const [name, content] of Object.entries(blocks)) {
    const block = new RegExp(`(<!-- generated: ${name} -->\n)[\\s\\S]*?(\n<!-- end -->)`)
    if (!block.test(text)) throw new Error(`${path} has no block <!-- generated: ${name} --> … <!-- end -->`)
    text = text.replace(block, (_, start, end) => `${start}\n${content}${end}`)
  }
  return text
}

const RETRY_WORDS = { yes: 'yes', no: 'no', restart: 'from the input' }
const CONCURRENCY_WORDS = { increase: 'rises', decrease: 'falls', keep: 'stays' }

function glanceTable({ STATUSES }) {
  const groups = new Map()
  for (const [status, { retry, concurrency }] of Object.entries(STATUSES)) {
    const key = `${RETRY_WORDS[retry]} | ${CONCURRENCY_WORDS[concurrency]}`
    groups.set(key, [...(groups.get(key) ?? []), code(status)])
  }
  return table(
    ['a run ends with', 'retried', 'adaptive limit'],
    [...groups].map(([key, statuses]) => [statuses.join(', '), key]),
  )
}

function statusTable({ STATUSES }) {
  return table(
    ['number', 'status', 'retried', 'concurrency', 'error class', 'meaning'],
    Object.entries(STATUSES).map(([status, row]) => [
      row.code,
      code(status),
      RETRY_WORDS[row.retry],
      CONCURRENCY_WORDS[row.concurrency],
      row.errorName === '' ? '' : code(row.errorName),
      row.summary,
    ]),
  )
}

function systemCodeTable({ STATUSES }) {
  return table(
    ['status', '`error.code`'],
    Object.entries(STATUSES)
      .filter(([, { systemCodes }]) => systemCodes.length > 0)
      .map(([status, { systemCodes }]) => [code(status), systemCodes.map(code).join(', ')]),
  )
}

function httpTable({ statusOfHttp }) {
  const own = [400, 401, 403, 404, 408, 429, 501]
  const ranges = [
    ['2xx', 200],
    ['1xx', 100],
    ['3xx', 300],
    ['other 4xx', 418],
    ['other 5xx', 500],
    ['anything else', 600],
  ]
  const rows = [...own.map((number) => [number, number]), ...ranges]
  return table(
    ['HTTP status code', 'status'],
    rows.map(([label, number]) => [label, statusOfHttp(number) ? code(statusOfHttp(number)) : 'no status']),
  )
}

function connectTable({ CONNECT_CODES }) {
  return table(
    ['Connect and gRPC code', 'status'],
    Object.entries(CONNECT_CODES).map(([name, { status }]) => [code(name), code(status)]),
  )
}

/** The law of the adaptive limit with the numbers of the code (rules A1 to A6). */
function adaptiveLimitList() {
  const { FUNCTION_LIMIT, FIRST_SHARE, GAIN, GAIN_SOFTENER, QUIET_ROUND_TRIPS, QUIET_RUNS } = constantsOf(
    parseSource(join(ROOT, 'packages/scheduler/src/kernel/limits/adaptive-limit.ts')),
  )
  const { start, floor, ceiling } = FUNCTION_LIMIT
  return [
    `- The limit starts at ${start} and stays between ${floor} and ${ceiling}.`,
    `- A run whose status lowers it takes 1 off; the first such run of a round trip takes 1/${1 / FIRST_SHARE} of the limit, if that`,
    '  is more. In one round trip the limit falls at most to one half. A round trip ends when a run ends that began in it.',
    `- A run whose status raises it adds ${GAIN} / (limit + ${GAIN_SOFTENER}).`,
    `- After ${QUIET_ROUND_TRIPS} round trips and ${QUIET_RUNS} runs without a reduction, and at the start, it grows by 1, then 2, then 3 … per round`,
    '  trip, and at most doubles.',
    '- It grows only while at least half of it is in use.\n',
  ].join('\n')
}

function code(text) {
  return `\`${text}\``
}

if (process.argv[1] === fileURLToPath(import.meta.url)) {
  const texts = { ...(await generateDocs()), 'docs/reference/api.md': generateApi(ROOT) }
  for (const [path, text] of Object.entries(texts)) writeFileSync(join(ROOT, path), text)
}
