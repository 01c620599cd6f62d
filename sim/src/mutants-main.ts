import { spawn } from 'node:child_process'
import {
  cpSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  realpathSync,
  rmSync,
  symlinkSync,
  writeFileSync,
} from 'node:fs'
import { tmpdir } from 'node:os'
import { dirname, join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { parseArgs } from 'node:util'
import { MUTANTS, type Mutant } from './mutants.js'

const ROOT = fileURLToPath(new URL('../..', import.meta.url))

/** A mutant that survives this many worlds indicates a missing invariant. */
const { values } = parseArgs({
  options: {
    seeds: { type: 'string', default: '400' },
    /** Part of the name of a mutant; may be given several times. */
    only: { type: 'string', multiple: true },
    from: { type: 'string', default: '1' },
  },
})

const chosen = MUTANTS.filter(
  ({ name }) => values.only === undefined || values.only.some((part) => name.includes(part)),
)
/** Number of worlds in which the copy without a bug must have no violation. */
const CONTROL_SEEDS = 30

const queue = [...chosen]
const survivors: string[] = []
// Without a control, a copy that does not run at all would count as a bug that was found.
if ((await findingIn(undefined)) !== undefined) {
  console.log('the copy without a bug fails: nothing that follows would mean anything')
  process.exit(1)
}
await Promise.all([work(), work()])
console.log(
  `${chosen.length} mutants, ${chosen.length - survivors.length} found, ${survivors.length} not found`,
)
process.exit(survivors.length > 0 || chosen.length === 0 ? 1 : 0)

async function work(): Promise<void> {
  for (let mutant = queue.shift(); mutant !== undefined; mutant = queue.shift()) {
    const finding = await findingIn(mutant)
    console.log(`${describe(finding)}  ${mutant.name}`)
    // A copy that crashes says nothing about the invariants: the mutant is not valid.
    if (finding?.how !== 'violation') survivors.push(mutant.name)
  }
}

function describe(finding: Finding | undefined): string {
  if (finding === undefined) return 'SURVIVED      '
  return finding.how === 'broke' ? 'broke at once ' : `after ${String(finding.worlds).padStart(3)} worlds`
}

/** How the bug of a copy was found; `undefined` when it was not. */
interface Finding {
  readonly worlds: number
  /** Not a violation: the process crashed or did not terminate. */
  readonly how: 'violation' | 'broke'
}

/** Simulates worlds with a copy of the build that contains a bug or, as the control, does not. */
async function findingIn(mutant: Mutant | undefined): Promise<Finding | undefined> {
  const folder = mkdtempSync(join(tmpdir(), 'dispatch-mutant-'))
  try {
    copyBuilt(folder)
    if (mutant !== undefined) mutate(join(folder, mutant.file), mutant)
    const seeds = mutant === undefined ? CONTROL_SEEDS : Number(values.seeds)
    const output = await run(join(folder, 'sim/dist/main.js'), folder, seeds)
    const found = /first failure after (\d+) worlds/.exec(output)
    if (found !== null) return { worlds: Number(found[1]), how: 'violation' }
    return /, 0 failed/.test(output) ? undefined : { worlds: 1, how: 'broke' }
  } finally {
    rmSync(folder, { recursive: true, force: true })
  }
}

function mutate(path: string, { name, from, to }: Mutant): void {
  const text = readFileSync(path, 'utf8')
  const places = text.split(from).length - 1
  if (places !== 1) throw new Error(`mutant "${name}": its text stands ${places} times in ${path}`)
  writeFileSync(
    path,
    text.replace(from, () => to),
  )
}

/** Copies the built packages so that they import each other and not the originals. */
function copyBuilt(folder: string): void {
  for (const place of ['packages/protocol', 'packages/core', 'packages/scheduler', 'sim']) {
    const [from, to] = [join(ROOT, place), join(folder, place)]
    mkdirSync(to, { recursive: true })
    cpSync(join(from, 'dist'), join(to, 'dist'), { recursive: true })
    cpSync(join(from, 'package.json'), join(to, 'package.json'))
    for (const scope of readdirSync(join(from, 'node_modules'), { withFileTypes: true })) {
      if (scope.name.startsWith('.')) continue
      const names = scope.name.startsWith('@') ? readdirSync(join(from, 'node_modules', scope.name)) : ['']
      for (const name of names) {
        const path = join('node_modules', scope.name, name)
        const target =
          scope.name === '@dispatch' ? join(folder, 'packages', name) : realpathSync(join(from, path))
        mkdirSync(dirname(join(to, path)), { recursive: true })
        symlinkSync(target, join(to, path))
      }
    }
  }
}

function run(file: string, cwd: string, seeds: number): Promise<string> {
  return new Promise((resolve) => {
    const args = [file, '--seeds', String(seeds), '--from', values.from, '--stop']
    const child = spawn(process.execPath, args, { cwd, stdio: ['ignore', 'pipe', 'pipe'] })
    let output = ''
    for (const stream of [child.stdout, child.stderr]) {
      stream.on('data', (chunk) => {
        output += chunk
      })
    }
    // A mutant may hang or loop.
    const timer = setTimeout(() => {
      output += 'it never came to an end'
      child.kill('SIGKILL')
    }, 240_000)
    child.on('close', () => {
      clearTimeout(timer)
      resolve(output)
    })
  })
}
