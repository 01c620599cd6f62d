import { createSqliteStore } from '@dispatch/scheduler'
import { bytes, call, insert, journal, update } from '../../helpers/store-records.js'

/**
 * A program for tests: opens a store, says `open`, and then does what `mode` says.
 *
 * Batch k inserts `call-k` with a small and `call-k/large` with a large input, and updates the call before. Each
 * batch that the store has acknowledged is one line `k` on standard output, written before the next is sent.
 */
const [, , path = '', mode = '', firstBatch = '0'] = process.argv
const store = createSqliteStore({ path })
await store.open()
process.stdout.write('open\n')

if (mode === 'commit') {
  for (let batch = Number(firstBatch); ; batch++) {
    const writes = [
      insert(call(`call-${batch}`), bytes(100)),
      insert(call(`call-${batch}/large`), bytes(20_000)),
    ]
    if (batch > 0) {
      writes.push(update(call(`call-${batch - 1}`, { polls: 1 }), { state: bytes(5_000) }))
      writes.push(journal(`call-${batch - 1}`, 0, 0, [1], bytes(50)))
    }
    await store.commit(writes)
    process.stdout.write(`${batch}\n`)
  }
}
if (mode === 'hold') setInterval(() => {}, 60_000)
if (mode === 'exit') {
  void store.commit(Array.from({ length: 20_000 }, (_, index) => insert(call(`call-${index}`))))
  // The store's thread is now at work, and will be for some 100 ms.
  setTimeout(() => process.exit(3), Number(firstBatch))
}
if (mode === 'leave') await store.commit([insert(call('a'))])
