// `node store-small-disk.js <path>`: a large commit while files cannot grow, and again when they can. A process of its own,
// for tap listens to SIGXFSZ. It prints what came of that, as JSON.
import { spawnSync } from 'node:child_process'
import { createSqliteStore } from '@dispatch/scheduler'
import { call, insert, load } from '../../helpers/store-records.js'

const store = createSqliteStore({ path: process.argv[2] as string })
await store.open()
// More than SQLite keeps in memory: it writes before the commit.
const large = Array.from({ length: 6_000 }, (_, n) =>
  insert(call(`call-${n}`, { function: 'f'.repeat(1_000) })),
)
const first = await commitWithin('3000000')
const left = (await load(store)).calls.map(({ id }) => id)
const again = await commitWithin('unlimited')
console.log(JSON.stringify({ first, left, again }))
await store.close()

async function commitWithin(bytes: string): Promise<string> {
  spawnSync('prlimit', ['--pid', `${process.pid}`, `--fsize=${bytes}:unlimited`])
  try {
    await store.commit(large)
    return 'done'
  } catch (error) {
    const { status, message } = error as { status: string; message: string }
    return `${status} ${message}`
  }
}
