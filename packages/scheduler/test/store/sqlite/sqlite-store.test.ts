import { join } from 'node:path'
import { createSqliteStore, type SqliteStoreOptions, type Store } from '@dispatch/scheduler'
import t from 'tap'
import { STORE_CHECKS } from '../../helpers/store-contract.js'

const hasNodeSqlite = 'sqlite' in process.versions
const DRIVERS = (hasNodeSqlite ? ['node:sqlite', 'libsql'] : ['libsql']) as readonly NonNullable<
  SqliteStoreOptions['driver']
>[]

for (const driver of DRIVERS) {
  for (const { name, run } of STORE_CHECKS) {
    t.test(`${driver}: ${name}`, async (t) => {
      const path = join(t.testdir(), 'made', 'dispatch.db')
      let store: Store | undefined
      t.teardown(() => store?.close())
      await run(async () => {
        await store?.close()
        store = createSqliteStore({ path, driver })
        await store.open()
        return store
      })
    })
  }
}

for (const driver of DRIVERS) {
  t.test(`${driver}: the log names the driver of a store`, async (t) => {
    const logged: object[] = []
    const ignore = (): void => {}
    const logger = {
      debug: (fields: object) => void logged.push(fields),
      info: ignore,
      warn: ignore,
      error: ignore,
    }
    const path = join(t.testdir(), 'dispatch.db')
    const store = createSqliteStore({ path, driver, logger })
    await store.open()
    t.strictSame(logged, [{ path, driver }])
    await store.close()
  })
}
