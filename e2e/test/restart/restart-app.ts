// An application with an embedded scheduler, to be killed: `node restart-app.js <folder> begin|finish`. It writes what
// it does, line by line, into a ledger outside of the scheduler.
import { appendFileSync, existsSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import { type CallContext, Dispatch, DispatchError, func } from '@dispatch/core'

const [folder, mode] = process.argv.slice(2) as [string, 'begin' | 'finish']
const ledger = join(folder, 'ledger')
/** While this file exists, calls end; before, they stay where the test needs them. */
const isReleased = (): boolean => existsSync(join(folder, 'released'))

function note(line: string): void {
  appendFileSync(ledger, `${line}\n`)
}

async function untilReleased(): Promise<void> {
  while (!isReleased()) await new Promise((resolve) => setTimeout(resolve, 5))
}

const quick = func('quick', async (name: string) => name)

const running = func('running', async (name: string, call: CallContext) => {
  note(`at running ${call.dispatchId}`)
  await untilReleased()
  return name
})

const polling = func('polling', async (name: string) => (await running.gather([name, name, name])).join())

const sleeping = func('sleeping', async (name: string, call: CallContext) => {
  note(`at sleeping ${call.dispatchId}`)
  await call.sleep(isReleased() ? 0 : 400)
  return name
})

const backingOff = func('backingOff', async (name: string, call: CallContext) => {
  if (isReleased()) return name
  note(`at backingOff ${call.dispatchId}`)
  throw new DispatchError('temporary', 'not yet', { retryAfterMs: 300 })
})

const all = { quick, running, polling, sleeping, backingOff }
const dispatch = new Dispatch({ functions: Object.values(all), store: join(folder, 'calls.db'), env: {} })
await dispatch.open()
await dispatch.start()

if (mode === 'begin') {
  for (let round = 0; ; round += 1) {
    const kinds = Object.keys(all) as (keyof typeof all)[]
    await Promise.all(
      kinds.map(async (kind) => {
        const name = `${kind}-${process.pid}-${round}`
        const handle = await all[kind].dispatch(name)
        note(`acknowledged ${handle.id} ${name}`)
      }),
    )
    if (round === 3) break
  }
  note('at rest')
  setInterval(() => {}, 1_000)
} else {
  const acknowledged = readFileSync(ledger, 'utf8')
    .split('\n')
    .filter((line) => line.startsWith('acknowledged '))
    .map((line) => line.split(' ') as [string, string, string])
  for (const [, id, name] of acknowledged) {
    const output = await dispatch.call<string>(id).result({ timeout: '30s' })
    const again = await dispatch.call<string>(id).result({ timeout: '1s' })
    note(`ended ${id} ${output === again} ${output.split(',').every((part) => part === name)}`)
  }
  await dispatch.close()
  process.stdout.write(`${acknowledged.length} ended\n`)
}
