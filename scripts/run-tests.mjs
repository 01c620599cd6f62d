// Runs the compiled test files of every package and example with the Node.js that runs this file, two at a time, and
// prints the sum as the last line. With --build they are compiled before. Other arguments select files by a part of their
// path: `node scripts/run-tests.mjs core/ sqlite`. tap's own runner is for a single package (`npx tap` there): what it adds
// to every process that a test starts takes as long again as the tests.
import { spawn, spawnSync } from 'node:child_process'
import { existsSync, readdirSync } from 'node:fs'
import { join } from 'node:path'

const FILE_MS_MAX = 300_000

if (process.argv.includes('--build')) build()
const packages = ['packages', 'examples', '.']
  .flatMap((parent) => readdirSync(parent).map((name) => join(parent, name)))
  .filter((folder) => existsSync(join(folder, '.taprc')))
const sums = { pass: 0, fail: 0, skip: 0, todo: 0 }
let files = 0
const parts = process.argv.slice(2).filter((argument) => !argument.startsWith('--'))
const queue = packages
  .flatMap(testsOf)
  .filter((test) => parts.length === 0 || parts.some((part) => join(test.folder, test.file).includes(part)))

await Promise.all([worker(), worker()])
console.log(`${files} test files, Node.js ${process.version}`)
const { pass, fail, skip, todo } = sums
console.log(`${pass} passed, ${fail} failed, ${skip + todo} skipped`)
process.exit(fail > 0 || pass === 0 ? 1 : 0)

function build() {
  const { status } = spawnSync(
    'turbo',
    ['run', 'build', 'build:test', '--concurrency=2', '--output-logs=errors-only'],
    {
      stdio: 'inherit',
      shell: process.platform === 'win32',
      env: { ...process.env, TURBO_TELEMETRY_DISABLED: '1', DO_NOT_TRACK: '1' },
    },
  )
  if (status === 0) return
  console.log('the tests do not compile')
  console.log('0 passed, 1 failed, 0 skipped')
  process.exit(1)
}

/** A package without tests is a failure: green never means "did not run". */
function testsOf(folder) {
  const compiled = join(folder, '.test-dist')
  const files = existsSync(compiled)
    ? readdirSync(compiled, { recursive: true }).filter((name) => name.endsWith('.test.js'))
    : []
  if (files.length === 0) failed(folder, 'has no compiled tests')
  return files.map((name) => ({ folder, file: join('.test-dist', name) }))
}

function failed(what, why) {
  console.log(`${what} ${why}`)
  sums.fail += 1
}

async function worker() {
  for (let test = queue.shift(); test !== undefined; test = queue.shift()) {
    const startedMs = performance.now()
    const { code, output } = await run(test)
    const name = join(test.folder, test.file)
    const ms = performance.now() - startedMs
    files += 1
    console.log(`${(ms / 1000).toFixed(1).padStart(6)} s  ${name}`)
    const counts = countsIn(output)
    for (const kind of Object.keys(sums)) sums[kind] += counts?.[kind] ?? 0
    if (code === 0 && counts?.pass > 0) {
      if (counts.skip + counts.todo > 0) console.log(linesOf(output, /# (SKIP|TODO)/i))
      continue
    }
    console.log(linesOf(output, /^(?!\s*ok |\s*1\.\.|\s*# Subtest)/))
    if (counts?.fail > 0) console.log(`${name} failed`)
    else failed(name, code === 0 ? 'tested nothing' : `failed (exit ${code})`)
  }
}

/** From the line in which tap says what a file has come to, such as `# { total: 26, pass: 25, fail: 1 }`. */
function countsIn(output) {
  const [, counts] = [...output.matchAll(/^# \{ (total: .*) \}$/gm)].at(-1) ?? []
  if (counts === undefined) return undefined
  return {
    pass: 0,
    fail: 0,
    skip: 0,
    todo: 0,
    ...Object.fromEntries(
      counts.split(', ').map((pair) => [pair.split(': ')[0], Number(pair.split(': ')[1])]),
    ),
  }
}

function linesOf(output, pattern) {
  return output
    .split('\n')
    .filter((line) => pattern.test(line))
    .join('\n')
}

function run({ folder, file }) {
  return new Promise((resolve) => {
    const child = spawn(process.execPath, ['--enable-source-maps', file], {
      cwd: folder,
      // Without its runner tap gives a file half a minute, whatever .taprc says.
      env: { ...ownEnvironment(), TAP_TIMEOUT: String(FILE_MS_MAX / 1000) },
    })
    let output = ''
    for (const stream of [child.stdout, child.stderr])
      stream.on('data', (chunk) => {
        output += chunk
      })
    const timer = setTimeout(() => child.kill('SIGKILL'), FILE_MS_MAX)
    child.on('close', (code, signal) => {
      clearTimeout(timer)
      resolve({ code: code ?? signal, output })
    })
  })
}

/** Without what `npx` tells the programs that it starts: an `npx` of theirs would look for its command in the same package. */
function ownEnvironment() {
  return Object.fromEntries(Object.entries(process.env).filter(([name]) => !/^npm_/i.test(name)))
}
