import { execFile } from 'node:child_process'
import { readdirSync, readFileSync } from 'node:fs'
import { basename, join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { promisify } from 'node:util'
import t from 'tap'

/** Compiled tests lie in a folder of `bench`, as their sources do. */
const BENCH = fileURLToPath(new URL('..', import.meta.url))
const RESULTS = join(BENCH, 'RESULTS.md')

const ROWS = join(BENCH, 'rows')

const FILES = readdirSync(ROWS, { recursive: true, encoding: 'utf8' }).filter((path) =>
  /^p\d+-.*\.mjs$/.test(basename(path)),
)

/** `P1` for `throughput/p1-dispatch.mjs`. */
function numberOf(file: string): string | undefined {
  return basename(file).split('-', 1)[0]?.toUpperCase()
}

/** Output of a program of this folder. Rejects when it exits with a code other than 0. */
async function outputOf(...args: readonly string[]): Promise<string> {
  const { stdout } = await promisify(execFile)(process.execPath, args, { cwd: BENCH })
  return stdout
}

// Each of them starts processes.
t.setTimeout(240_000)

t.test('every row of the table of targets has a benchmark', async (t) => {
  const wanted = [
    'P1',
    'P2',
    'P3',
    'P4',
    'P5',
    'P6',
    'P7',
    'P8',
    'P9',
    'P10',
    'P11',
    'P12',
    'P14',
    'P15',
    'P16',
    'P17',
  ]
  const found = FILES.map(numberOf)
  t.strictSame(found.sort(), wanted.sort())
})

for (const file of FILES) {
  t.test(`${basename(file)} runs alone and prints its row and the machine`, async (t) => {
    const output = await outputOf(join(ROWS, file), '--quick')
    t.match(output, /^machine: .+ cores, .+ GiB/m)
    t.match(output, /^versions: Node\.js \d+.+ fastify \d+/m)
    t.match(output, new RegExp(`^${numberOf(file)}  \\S`, 'm'))
    t.match(output, /^ {4}.+ {2}\S+ \(\S+\.\.\S+\)/m)
    t.match(output, /fdatasync \d+\.\d+ ms/)
    t.notMatch(output, /NaN|undefined|Infinity/)
  })
}

t.test('a quick run checks no aims and does not change the results', async (t) => {
  const before = readFileSync(RESULTS, 'utf8')
  const output = await outputOf('run.mjs', 'p1', 'p2', '--quick')
  t.match(output, /^P1 {2}[\s\S]+^P2 {2}[\s\S]+^2 rows in/m)
  t.notMatch(output, /\b(?:met|missed|stretch)\b/)
  t.equal(readFileSync(RESULTS, 'utf8'), before)
})

const MISTAKES = [
  { name: 'a benchmark that does not exist', args: ['run.mjs', 'p99'], says: /p99: expected one of p1-/ },
  { name: 'an unknown flag', args: ['run.mjs', '--fast'], says: /--fast: expected --quick/ },
]

for (const { name, args, says } of MISTAKES) {
  t.test(`${name} is refused with what there is`, async (t) => {
    await t.rejects(outputOf(...args), says)
  })
}
