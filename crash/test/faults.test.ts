import { spawnSync } from 'node:child_process'
import { chmodSync, mkdirSync, mkdtempSync, readdirSync, readFileSync, rmSync } from 'node:fs'
import { connect } from 'node:net'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { setTimeout as pause } from 'node:timers/promises'
import { fileURLToPath } from 'node:url'
import t, { type Test } from 'tap'
import { assertIntegrity } from '../dist/observe/inspect.js'
import type { AppConfig, Ending } from '../dist/programs/app.js'
import { postJson } from '../dist/programs/json-exchange.js'
import type { OpenerConfig, Openings } from '../dist/programs/opener.js'
import { Program } from '../dist/programs/program.js'
import type { SchedulerConfig } from '../dist/programs/scheduler.js'
import { freePort } from '../dist/world.js'

/** Enough for a start, and for some dozens of calls. */
const DISK_BYTES = 1_000_000
const PADDING = 'x'.repeat(10_000)

interface SmallDisk {
  readonly name: string
  readonly isHere: boolean
  readonly surroundings: (folder: string) => string
  readonly makeRoom: (app: Program, folder: string) => void
  /** Where the folder is, seen from here. */
  readonly seen: (app: Program, folder: string) => string
  readonly says: RegExp
}

const SMALL_DISKS: readonly SmallDisk[] = [
  {
    name: 'a disk that is full',
    isHere: runs('unshare -rm bash -c "mount -t tmpfs -o size=1m tmpfs /mnt"'),
    surroundings: (folder) =>
      `exec unshare -rm bash -c 'mount -t tmpfs -o size=3m tmpfs ${folder} && head -c 2000000 /dev/zero > ${folder}/filler && exec "$0" "$@"' "$0" "$@"; true`,
    makeRoom: (app, folder) => rmSync(`/proc/${app.pid}/root${folder}/filler`),
    seen: (app, folder) => `/proc/${app.pid}/root${folder}`,
    says: /cannot grow: the disk is full/,
  },
  {
    name: 'a limit of the size of files',
    isHere: runs('prlimit --version'),
    surroundings: () => `ulimit -S -f ${DISK_BYTES / 1_000}`,
    makeRoom: (app) => void spawnSync('prlimit', ['--pid', String(app.pid), '--fsize=unlimited']),
    seen: (_app, folder) => folder,
    says: /the disk failed|the disk is full/,
  },
]

for (const { name, isHere, surroundings, makeRoom, seen, says } of SMALL_DISKS) {
  const skip = isHere ? false : 'this machine cannot make one'
  t.test(
    `${name} refuses new calls, keeps existing ones, and continues when there is space`,
    { skip },
    async (t) => {
      const folder = join(t.testdir(), 'disk')
      mkdirSync(folder)
      const { app, url } = await startApp(t, { store: join(folder, 'calls.db') }, surroundings(folder))
      const taken: { id: string; name: string }[] = []
      const dispatch = async (): Promise<void> => {
        const name = `${taken.length}-${PADDING}`
        taken.push({ id: await postJson<string>(`${url}/dispatch`, { kind: 'single', name }), name })
      }
      let refusal = ''
      while (refusal === '') {
        await dispatch().catch((error: Error) => {
          refusal = error.message
        })
      }
      t.ok(taken.length > 0, `${taken.length} calls fit`)
      t.match(refusal, says)
      await t.rejects(dispatch(), { message: says }, 'so it says as long as it is so')

      makeRoom(app, folder)
      const before = taken.length
      while (taken.length === before) await dispatch().catch(() => pause(50))
      for (const { id, name } of taken) {
        const ending = await postJson<Ending>(`${url}/ending`, { id })
        if (ending.outcome !== `did ${name}`) t.fail(`${id} ended with ${ending.outcome}`)
      }
      t.doesNotThrow(() => assertIntegrity(join(seen(app, folder), 'calls.db')))
      await app.close()
    },
  )
}

const hasLimits = runs('ulimit -n 200')

for (const descriptors of [0, 5]) {
  const name = `a store that finds only ${descriptors} file descriptors says so, and opens when there are more`
  t.test(name, { skip: hasLimits ? false : 'this machine has no ulimit' }, async (t) => {
    const store = join(t.testdir(), 'calls.db')
    const { first, second } = await openings(t, { store, descriptors }, 'ulimit -n 200')
    t.match(first, /^temporary: .*(EMFILE|too many)/)
    t.equal(second, 'opened')
  })
}

/** Who may not write everywhere: root may. */
const AS_NOBODY = process.getuid?.() === 0 ? 'setpriv --reuid=65534 --regid=65534 --clear-groups' : ''

const FORBIDDEN: readonly { name: string; forbid: (folder: string) => void; store: string }[] = [
  { name: 'a directory', forbid: (folder) => chmodSync(folder, 0o500), store: 'calls.db' },
  { name: 'a directory, for a new file', forbid: (folder) => chmodSync(folder, 0o500), store: 'new.db' },
  { name: 'a file', forbid: (folder) => chmodSync(join(folder, 'calls.db'), 0o400), store: 'calls.db' },
  { name: 'a lock', forbid: (folder) => chmodSync(join(folder, 'calls.db-lock'), 0o400), store: 'calls.db' },
]

for (const { name, forbid, store } of FORBIDDEN) {
  const skip = runs(`${AS_NOBODY} test -r ${fileURLToPath(import.meta.url)}`)
    ? false
    : 'nobody may read this code'
  t.test(`${name} that may not be written is named, and nothing is left behind`, { skip }, async (t) => {
    const folder = mkdtempSync(join(tmpdir(), 'dispatch-forbidden-'))
    t.teardown(() => rmSync(folder, { recursive: true, force: true }))
    t.match(await openings(t, { store: join(folder, 'calls.db') }), { first: 'opened', second: 'opened' })
    if (AS_NOBODY !== '') spawnSync('chown', ['-R', '65534:65534', folder])
    forbid(folder)
    const before = bytesOf(folder)
    const exec = AS_NOBODY === '' ? undefined : `exec ${AS_NOBODY} "$0" "$@"; true`
    const { first, second } = await openings(t, { store: join(folder, store) }, exec)
    t.match(first, /^permanent: .*\.db cannot be written: check the permissions .*EACCES/)
    t.equal(second, first)
    t.strictSame(bytesOf(folder), before)
  })
}

t.test(
  'a scheduler that runs out of file descriptors takes connections again when there are some',
  { skip: hasLimits ? false : 'this machine has no ulimit' },
  async (t) => {
    const config: SchedulerConfig = { port: await freePort(), store: join(t.testdir(), 'calls.db') }
    const scheduler = new Program('scheduler', config, 'ulimit -n 120')
    t.teardown(() => scheduler.kill())
    await scheduler.ready
    const idle = Array.from({ length: 200 }, () => connect(config.port, '127.0.0.1'))
    for (const socket of idle) socket.on('error', () => {})
    // One that is beyond its descriptors is cut off.
    await Promise.race([
      ...idle.map((socket) => new Promise((resolve) => socket.once('close', resolve))),
      pause(500),
    ])
    for (const socket of idle) socket.destroy()
    const { app, url } = await startApp(t, { apiUrl: `http://127.0.0.1:${config.port}` })
    const id = await postJson<string>(`${url}/dispatch`, { kind: 'fan', name: 'after' })
    t.strictSame(await postJson(`${url}/ending`, { id }), { status: 'ok', outcome: 'fan after' })
    await app.close()
    await scheduler.close()
  },
)

async function openings(t: Test, config: OpenerConfig, surroundings?: string): Promise<Openings> {
  const program = new Program('opener', config, surroundings)
  t.teardown(() => program.kill())
  return JSON.parse(await program.ready) as Openings
}

function bytesOf(folder: string): Record<string, string> {
  return Object.fromEntries(
    readdirSync(folder).map((name) => [name, readFileSync(join(folder, name), 'hex')]),
  )
}

async function startApp(t: Test, where: Pick<AppConfig, 'store' | 'apiUrl'>, surroundings?: string) {
  const ledger = new Program('ledger')
  t.teardown(() => ledger.kill())
  const config: AppConfig = {
    port: await freePort(),
    ledgerUrl: `http://127.0.0.1:${await ledger.ready}`,
    ...where,
  }
  const app = new Program('app', config, surroundings)
  t.teardown(() => app.kill())
  await app.ready
  return { app, url: `http://127.0.0.1:${config.port}` }
}

function runs(command: string): boolean {
  return spawnSync('bash', ['-c', command], { stdio: 'ignore' }).status === 0
}
