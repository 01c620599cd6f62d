// Counts the external effects of functions in a process that is never killed: `node ledger.js`.
import { createServer } from 'node:http'
import type { AddressInfo } from 'node:net'
import { answerJson } from './json-exchange.js'

/** One step with the idempotency keys under which it was requested. */
export interface LedgerEntry {
  readonly step: string
  readonly keys: string[]
  times: number
}

const entries = new Map<string, LedgerEntry>()

const server = createServer(
  answerJson(async (path, value: { step: string; key: string }) => {
    if (path === '/entries') return [...entries.values()]
    const { step, key } = value
    const entry = entries.get(step) ?? { step, keys: [], times: 0 }
    entries.set(step, entry)
    entry.times += 1
    if (!entry.keys.includes(key)) entry.keys.push(key)
    return entry.times
  }),
)
server.listen(0, '127.0.0.1', () => {
  process.stdout.write(`ready ${(server.address() as AddressInfo).port}\n`)
})
