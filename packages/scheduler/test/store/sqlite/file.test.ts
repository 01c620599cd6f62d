import {
  copyFileSync,
  mkdirSync,
  readFileSync,
  statSync,
  symlinkSync,
  truncateSync,
  writeFileSync,
} from 'node:fs'
import { join } from 'node:path'
import { createSqliteStore, type Store } from '@dispatch/scheduler'
import t, { type Test } from 'tap'
import { bytes, call, done, insert, load, update } from '../../helpers/store-records.js'
import { openSqlite } from './sqlite-file.js'

const REFUSED: { name: string; make: (path: string) => void | Promise<void>; want: RegExp }[] = [
  {
    name: 'a file of something else',
    make: (path) => writeFileSync(path, 'Dear diary, '.repeat(1_000)),
    want: /is not a SQLite database: give the scheduler a file of its own with DISPATCH_STORE/,
  },
  {
    name: 'a SQLite database of something else',
    make: (path) => changeFile(path, 'CREATE TABLE users (id INTEGER PRIMARY KEY)'),
    want: /is a SQLite database of another program/,
  },
  {
    name: 'a store of a newer version',
    make: async (path) => {
      await makeStore(path)
      changeFile(path, 'PRAGMA user_version = 999')
    },
    want: /written by a newer version of @dispatch\/scheduler \(its schema is 999/,
  },
  {
    name: 'a truncated store',
    make: async (path) => {
      await makeStore(path)
      truncateSync(path, Math.floor(statSync(path).size / 2))
    },
    want: /is damaged: restore it from a backup/,
  },
  {
    name: 'a store with a page overwritten',
    make: async (path) => {
      await makeStore(path)
      const file = readFileSync(path)
      file.fill(0xaa, 4 * 4096, 5 * 4096)
      writeFileSync(path, file)
    },
    want: /is damaged: restore it from a backup/,
  },
]

t.test('a store that was closed is whole in its file, whatever opened it before', async (t) => {
  const folder = t.testdir()
  const path = join(folder, 'dispatch.db')
  for (const id of ['a', 'b', 'c']) {
    const store = createSqliteStore({ path })
    await store.open()
    await store.commit([insert(call(id))])
    await store.close()
  }
  const copy = join(folder, 'copy.db')
  copyFileSync(path, copy)
  const store = createSqliteStore({ path: copy })
  await store.open()
  const loaded = await load(store)
  t.strictSame(loaded.calls.map(({ id }) => id).sort(), ['a', 'b', 'c'])
  await store.close()
})

for (const { name, make, want } of REFUSED) {
  t.test(`6 ${name} is refused and left unchanged`, async (t) => {
    const path = join(t.testdir(), 'dispatch.db')
    await make(path)
    const before = readFileSync(path)
    const store = createSqliteStore({ path })
    await t.rejects(store.open(), { status: 'permanent', message: want })
    await t.rejects(store.open(), { status: 'permanent', message: want }, 'the refusal leaves no lock behind')
    t.ok(before.equals(readFileSync(path)))
    await t.rejects(store.commit([insert(call('a'))]), { status: 'permanent', message: /is not open/ })
  })
}

t.test('6 a damaged record is not loaded as something else', async (t) => {
  const path = join(t.testdir(), 'dispatch.db')
  await makeStore(path)
  changeFile(path, `UPDATE calls SET record = '[1, 2]' WHERE id = 'call-1'`)
  const store = await opened(t, path)
  await t.rejects(load(store), { status: 'permanent', message: /is damaged.*call-1/ })
})

t.test('a store of version 1 is brought up to date, and its calls are as they were', async (t) => {
  const path = join(t.testdir(), 'dispatch.db')
  await makeStore(path)
  const before = await opened(t, path)
  const calls = (await load(before)).calls
  await before.close()
  changeFile(path, `UPDATE calls SET record = json_remove(record, '$[27]')`)
  changeFile(path, 'PRAGMA user_version = 1')
  const store = await opened(t, path)
  t.strictSame((await load(store)).calls, calls)
  await store.close()
  const database = openSqlite(path)
  t.equal(database.prepare('SELECT count(input_bytes) FROM call_details').all([])[0]?.[0], calls.length)
  database.close()
})

t.test('an empty file becomes a store', async (t) => {
  const path = join(t.testdir({ 'dispatch.db': '' }), 'dispatch.db')
  const store = await opened(t, path)
  await store.commit([insert(call('a'))])
})

t.test(
  'the directory of a new store is made, for its owner only',
  { skip: process.platform === 'win32' },
  async (t) => {
    const path = join(t.testdir(), 'a', 'b', 'dispatch.db')
    await opened(t, path)
    t.equal(statSync(join(path, '..')).mode & 0o777, 0o700)
    t.equal(statSync(path).mode & 0o777, 0o600)
  },
)

t.test('7 a path that cannot be opened is named, with what to do', async (t) => {
  const directory = t.testdir({ file: '' })
  mkdirSync(join(directory, 'dispatch.db'))
  await t.rejects(createSqliteStore({ path: join(directory, 'dispatch.db') }).open(), {
    status: 'permanent',
    message: /dispatch\.db cannot be opened: it is not a file; check the path/,
  })
  await t.rejects(createSqliteStore({ path: join(directory, 'file', 'dispatch.db') }).open(), {
    status: 'permanent',
    message: /file\/dispatch\.db: /,
  })
  t.throws(() => createSqliteStore({ path: '' }), TypeError)
})

t.test(
  '7 a store that cannot grow fails with temporary, keeps its data, and continues when there is space',
  async (t) => {
    const path = join(t.testdir(), 'dispatch.db')
    const store = await opened(t, path, 200_000)
    await store.commit([insert(done('a', 10), bytes(50_000))])
    await t.rejects(store.commit([insert(call('b')), insert(call('c'), bytes(200_000))]), {
      status: 'temporary',
      message: /cannot grow: the disk is full/,
    })
    t.same([...(await store.existing(['a', 'b', 'c'])).keys()], ['a'])
    await store.commit([insert(call('b'), bytes(50_000))])
    await t.rejects(store.commit([insert(call('c'), bytes(80_000))]), { status: 'temporary', message: /c/ })
    t.equal(await store.prune(20, 10), 1)
    await store.commit([insert(call('c'), bytes(80_000))])
  },
)

t.test('a link to a store is the same store', async (t) => {
  const directory = t.testdir()
  const path = join(directory, 'dispatch.db')
  await opened(t, path)
  symlinkSync(path, join(directory, 'link.db'))
  await t.rejects(createSqliteStore({ path: join(directory, 'link.db') }).open(), { message: /is open in/ })
})

t.test('another program can read a store in use', async (t) => {
  const path = join(t.testdir(), 'dispatch.db')
  const store = await opened(t, path)
  await store.commit([insert(call('a', { function: 'greet', tenant: 't', correlationId: 2n ** 64n - 1n }))])
  const file = openSqlite(path)
  const columns = 'id, root_id, function, tenant, correlation_id'
  t.strictSame(file.prepare(`SELECT ${columns} FROM call_details`).all([]), [
    ['a', '', 'greet', 't', '18446744073709551615'],
  ])
  file.close()
})

t.test('a large payload is freed when a smaller one replaces it, and with its call', async (t) => {
  const path = join(t.testdir(), 'dispatch.db')
  const store = await opened(t, path)
  const file = openSqlite(path)
  const rows = () => file.prepare('SELECT count(*) FROM payloads').all([])[0]?.[0]
  await store.commit([insert(call('a'), bytes(5_000)), update(call('a'), { state: bytes(5_000) })])
  t.equal(rows(), 2)
  await store.commit([update(call('a', { polls: 1 }), { state: bytes(6_000) })])
  t.equal(rows(), 2)
  await store.commit([update(call('a', { polls: 2 }), { state: bytes(5) })])
  t.equal(rows(), 1)
  await store.commit([update(done('a', 10), { state: null, result: bytes(9_000) })])
  t.equal(rows(), 2)
  await store.prune(20, 1)
  t.equal(rows(), 0)
  file.close()
})

async function opened(t: Test, path: string, fileBytesMax?: number): Promise<Store> {
  const store = createSqliteStore({ path, ...(fileBytesMax !== undefined && { fileBytesMax }) })
  t.teardown(() => store.close())
  await store.open()
  return store
}

/** A store of a few hundred kilobytes, closed. */
async function makeStore(path: string): Promise<void> {
  const store = createSqliteStore({ path })
  await store.open()
  await store.commit(Array.from({ length: 300 }, (_, index) => insert(call(`call-${index}`), bytes(1_000))))
  await store.close()
}

/** Changes a file as another program would, leaving no `-wal` beside it. */
function changeFile(path: string, sql: string): void {
  const file = openSqlite(path)
  file.exec(sql)
  file.close()
}
