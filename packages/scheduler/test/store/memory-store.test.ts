import { createMemoryStore } from '@dispatch/scheduler'
import t from 'tap'
import { STORE_CHECKS } from '../helpers/store-contract.js'

for (const { name, run } of STORE_CHECKS) {
  t.test(name, async () => {
    const store = createMemoryStore()
    await run(async () => {
      await store.close()
      await store.open()
      return store
    })
  })
}
