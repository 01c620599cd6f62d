// Runs the tests that are compiled already with the Node.js that runs this file: tap without its own runner, so
// that no other Node.js gets in between. Two files at a time; a file fails by its exit code.
import { spawn } from 'node:child_process'
import { existsSync, readdirSync } from 'node:fs'
import { join } from 'node:path'

const FILE_MS_MAX = 300_000

const folders = ['packages', 'examples', '.'].flatMap((parent) =>
  readdirSync(parent).map((name) => join(parent, name)),
)
const queue = folders
  .map((folder) => join(folder, '.test-dist'))
  .filter((folder) => existsSync(folder))
  .flatMap((folder) => testsIn(folder))
const total = queue.length
let failed = 0

await Promise.all([worker(), worker()])
console.log(`Node.js ${process.version}: ${total - failed} test files passed, ${failed} failed`)
process.exit(failed > 0 || total === 0 ? 1 : 0)

function testsIn(folder) {
  return readdirSync(folder, { withFileTypes: true, recursive: true })
    .filter((entry) => entry.isFile() && entry.name.endsWith('.test.js'))
    .map((entry) => join(entry.parentPath ?? entry.path, entry.name))
}

async function worker() {
  for (let file = queue.shift(); file !== undefined; file = queue.shift()) {
    const { code, output } = await run(file)
    if (code === 0) continue
    failed += 1
    console.log(`${file} failed (exit ${code})`)
    console.log(
      output
        .split('\n')
        .filter((line) => !/^\s*ok |^\s*1\.\.|^\s*# Subtest/.test(line))
        .join('\n'),
    )
  }
}

function run(file) {
  return new Promise((resolve) => {
    const cwd = file.slice(0, file.indexOf('.test-dist'))
    const child = spawn(process.execPath, ['--enable-source-maps', file.slice(cwd.length)], {
      cwd: cwd || '.',
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
