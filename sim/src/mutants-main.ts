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

/** A mutant that lives through this many worlds means that an invariant is missing. */
const { values } = parseArgs({
  options: {
    seeds: { type: 'string', default: '400' },
    only: { type: 'string' },
    from: { type: 'string', default: '1' },
  },
})

const chosen = MUTANTS.filter(({ name }) => values.only === undefined || name.includes(values.only))
const queue = [...chosen]
const survivors: string[] = []
await Promise.all([work(), work()])
console.log(
  `${chosen.length} mutants, ${chosen.length - survivors.length} found, ${survivors.length} survived`,
)
process.exit(survivors.length > 0 || chosen.length === 0 ? 1 : 0)

async function work(): Promise<void> {
  for (let mutant = queue.shift(); mutant !== undefined; mutant = queue.shift()) {
    const seeds = await seedsUntilFound(mutant)
    console.log(`${seeds === undefined ? 'SURVIVED ' : `${String(seeds).padStart(4)} seeds`}  ${mutant.name}`)
    if (seeds === undefined) survivors.push(mutant.name)
  }
}

/** How many worlds it took; `undefined` when none showed the bug. */
async function seedsUntilFound(mutant: Mutant): Promise<number | undefined> {
  const folder = mkdtempSync(join(tmpdir(), 'dispatch-mutant-'))
  try {
    copyBuilt(folder)
    mutate(join(folder, mutant.file), mutant)
    const output = await run(join(folder, 'sim/dist/main.js'), folder)
    const found = /first failure after (\d+) worlds/.exec(output)
    if (found === null && !/, 0 failed/.test(output)) return 1 // it broke altogether
    return found === null ? undefined : Number(found[1])
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

/** The built packages, such that they find each other and not the originals. */
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

function run(file: string, cwd: string): Promise<string> {
  return new Promise((resolve) => {
    const args = [file, '--seeds', values.seeds, '--from', values.from, '--stop']
    const child = spawn(process.execPath, args, { cwd, stdio: ['ignore', 'pipe', 'pipe'] })
    let output = ''
    for (const stream of [child.stdout, child.stderr]) {
      stream.on('data', (chunk) => {
        output += chunk
      })
    }
    // A mutant may stand still for ever, or run hot.
    const timer = setTimeout(() => {
      output += 'first failure after 1 worlds (it never came to an end)'
      child.kill('SIGKILL')
    }, 240_000)
    child.on('close', () => {
      clearTimeout(timer)
      resolve(output)
    })
  })
}
