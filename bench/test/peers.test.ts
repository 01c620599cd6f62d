import { execFile } from 'node:child_process'
import { existsSync, readdirSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import { fileURLToPath, pathToFileURL } from 'node:url'
import { promisify } from 'node:util'
import t from 'tap'

/** Compiled tests lie in a folder of `bench`, as their sources do. */
const PEERS = fileURLToPath(new URL('../peers/', import.meta.url))
const RESULTS = join(PEERS, 'RESULTS.md')

const run = promisify(execFile)
const load = (path: string) => import(pathToFileURL(join(PEERS, path)).href)

const { CONTENDERS } = await load('lib/contenders.mjs')
const { NOTES } = await load('lib/notes.mjs')
const { WORKLOADS } = await load('lib/workloads.mjs')
const { parseStat } = await load('lib/process-cpu.mjs')
const { peersDocument } = await load('lib/report.mjs')

const names: string[] = CONTENDERS.map(({ name }: { name: string }) => name)
const ids: string[] = WORKLOADS.map(({ id }: { id: string }) => id)

/** Invented figures, for the shape of the document. */
const turns = names.map((contender, index) => ({
  contender,
  cpuMs: 2,
  syncMs: 0.3,
  othersCores: 0,
  values: Object.fromEntries(
    Object.keys(NOTES[contender].notes).map((id) => [id, [1000 + index, Number.NaN]]),
  ),
}))

// Starts processes.
t.setTimeout(240_000)

t.test(
  'for every contender and workload it is noted what is not done, or why it is not measured',
  async (t) => {
    for (const name of names) {
      const { notes, none } = NOTES[name]
      t.strictSame([...Object.keys(notes), ...Object.keys(none)].sort(), [...ids].sort(), name)
    }
  },
)

t.test('every program of the comparison is valid', async (t) => {
  const files = readdirSync(join(PEERS, 'processes'))
  t.plan(files.length)
  for (const file of files) {
    await t.resolves(run(process.execPath, ['--check', join(PEERS, 'processes', file)]), file)
  }
})

t.test('the lock file has every peer in its exact version, is complete, and names no registry', async (t) => {
  const { dependencies } = JSON.parse(readFileSync(join(PEERS, 'package.json'), 'utf8'))
  const lock = JSON.parse(readFileSync(join(PEERS, 'package-lock.json'), 'utf8'))
  for (const [name, version] of Object.entries(dependencies)) {
    t.equal(lock.packages[`node_modules/${name}`]?.version, version, name)
  }
  // Optional packages of other systems too: `npm ci` refuses a lock file without them.
  for (const [path, entry] of Object.entries<Record<string, object>>(lock.packages)) {
    const needed = Object.keys({ ...entry.dependencies, ...entry.optionalDependencies })
    const left = needed.filter(
      (name) => !Object.keys(lock.packages).some((at) => at.endsWith(`node_modules/${name}`)),
    )
    t.strictSame(left, [], path)
  }
  const resolved = Object.values(lock.packages).filter((entry) => 'resolved' in (entry as object))
  t.strictSame(resolved, [])
})

const LINES = [
  {
    name: 'a name with blanks and parentheses',
    line: '7 (a (b) c) S 1 7 7 0 -1 4194560 1 2 3 4 50 60 70 80 20 0 1 0 9 1 1',
    want: { pid: 7, parent: 1, ticks: 110, endedChildrenTicks: 150 },
  },
  { name: 'something else', line: 'nothing', want: undefined },
]

for (const { name, line, want } of LINES) {
  t.test(`CPU time of a process is read from ${name}`, async (t) => t.strictSame(parseStat(line), want))
}

t.test(
  'a quick run of our part alone needs no packages and no servers, and leaves the results alone',
  async (t) => {
    const before = existsSync(RESULTS) && readFileSync(RESULTS, 'utf8')
    const { stdout } = await run(process.execPath, [join(PEERS, 'run.mjs'), '--quick', '--only', 'dispatch'])
    for (const id of ids) t.match(stdout, new RegExp(`^${id}  \\S.+\\n {4}Dispatch, embedded +\\d`, 'm'))
    t.match(stdout, /^ {4}Dispatch, over HTTP +\d/m)
    t.notMatch(stdout, /NaN|undefined|Infinity|failed|installing|SKIPPED/)
    t.equal(existsSync(RESULTS) && readFileSync(RESULTS, 'utf8'), before)
  },
)

t.test(
  'the document has every contender in every table, and says what was skipped and not measured',
  async (t) => {
    const text: string = peersDocument({
      contenders: names,
      turns,
      facts: ['a machine'],
      skipped: ['somebody: no server'],
      command: 'a command',
      date: new Date(0),
    })
    for (const id of ids) {
      const [, table = ''] = text.split(`\n## ${id}: `)
      const rows = (table.split('\n## ', 1)[0] ?? '')
        .split('\n')
        .filter((line) => line.startsWith('| '))
        .slice(2)
      t.strictSame(
        rows.map((row) => row.split(' | ', 1)[0]),
        names.map((name) => `| ${name}`),
        id,
      )
    }
    t.match(text, '- **skipped:** somebody: no server')
    t.match(text, '1,000 (1,000..1,000) calls/s | not measured')
  },
)

const MISTAKES = [
  {
    name: 'an unknown flag',
    args: ['--fast'],
    says: /--fast: expected --only <names>, --quick or --rounds=<count>/,
  },
  {
    name: 'an unknown peer',
    args: ['--only', 'celery'],
    says: /--only celery: expected some of dispatch, bullmq, pg-boss, dbos/,
  },
]

for (const { name, args, says } of MISTAKES) {
  t.test(`${name} is refused with what there is`, async (t) => {
    await t.rejects(run(process.execPath, [join(PEERS, 'run.mjs'), ...args]), says)
  })
}
