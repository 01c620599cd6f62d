import assert from 'node:assert/strict'
import { closeSync, openSync, writeSync } from 'node:fs'
import { join } from 'node:path'
import type { DispatchError } from '@dispatch/protocol'
import { createSqliteStore } from '@dispatch/scheduler'
import t from 'tap'
import { bytes, call, insert } from '../../helpers/store-records.js'
import {
  areUntouched,
  type CopiedStore,
  commitsIn,
  copyOfStore,
  laidOut,
  type StoreFiles,
} from './store-copies.js'

const COMMITS = 40
/** Commits whose pages are not in the log. */
const IN_FILE = 11
const PAGE_BYTES = 4_096
const FRAME_BYTES = PAGE_BYTES + 24
const folder = t.testdir()
const store = await copyOfStore(folder, COMMITS)
const random = randomOf(1)

t.test('a copy of the files in use holds every commit', async (t) => {
  t.equal(commitsIn(laidOut(folder, store)), COMMITS)
})

t.test('what is damaged in the file and whole in the log costs nothing', async (t) => {
  const files = { ...store, database: overwritten(store.database, 0, 100) }
  t.equal(commitsIn(laidOut(folder, files)), COMMITS)
})

const DAMAGED: { name: string; files: StoreFiles; want: RegExp }[] = [
  {
    name: 'the header of the file, without a log',
    files: { database: overwritten(store.database, 0, 100), log: undefined },
    want: /is not a SQLite database/,
  },
  {
    name: 'a page in the middle of the file',
    files: { ...store, database: overwritten(store.database, 8 * PAGE_BYTES, PAGE_BYTES) },
    want: /is damaged: restore it/,
  },
  {
    name: 'the file, cut in half',
    files: { ...store, database: store.database.subarray(0, store.database.length / 2) },
    want: /is damaged: restore it/,
  },
  {
    name: 'the header of the log',
    files: { ...store, log: overwritten(store.log, 0, 32) },
    want: /dispatch\.db-wal holds commits that can no longer be read/,
  },
  {
    name: 'a byte of the header of the log',
    files: { ...store, log: flipped(store.log, 17) },
    want: /can no longer be read/,
  },
  {
    name: 'the first frame of the log',
    files: { ...store, log: overwritten(store.log, 32, FRAME_BYTES) },
    want: /can no longer be read/,
  },
  {
    name: 'a stretch in the middle of the log',
    files: { ...store, log: overwritten(store.log, 32 + 20 * FRAME_BYTES + 77, 3 * PAGE_BYTES) },
    want: /can no longer be read/,
  },
  {
    name: 'the file, gone from beside its log',
    files: { ...store, database: undefined },
    want: /empty or gone/,
  },
  {
    name: 'the file, emptied beside its log',
    files: { ...store, database: Buffer.alloc(0) },
    want: /empty or gone/,
  },
]

for (const { name, files, want } of DAMAGED) {
  t.test(`6 damage to ${name} is reported at open, and nothing is overwritten`, async (t) => {
    const path = laidOut(folder, files)
    t.throws(() => commitsIn(path), { message: want })
    t.throws(() => commitsIn(path), { message: want }, 'however often it is tried')
    t.ok(areUntouched(path, files))
  })
}

t.test('a log that is cut anywhere opens to the commits that are whole', async (t) => {
  const cuts = Array.from({ length: 60 }, () => Math.floor(random() * (store.log.length + 1)))
  for (const length of store.lengths.slice(IN_FILE)) cuts.push(length - 1, length)
  for (const cut of cuts) {
    const commits = commitsIn(laidOut(folder, { ...store, log: store.log.subarray(0, cut) }))
    assert.equal(commits, wholeCommits(store, cut), `cut at ${cut}`)
  }
  t.pass(`${cuts.length} cuts`)
})

t.test(
  'when power fails in a commit, whatever of it reached the disk, the commits before it are there',
  async (t) => {
    let trials = 0
    for (let trial = 0; trial < 80; trial++) {
      const last = IN_FILE + 1 + Math.floor(random() * (COMMITS - IN_FILE))
      const from = (store.lengths[last - 2] as number) || 32
      const log = Buffer.from(store.log.subarray(0, store.lengths[last - 1]))
      const sectors = Math.ceil((log.length - from) / 512)
      let lost = 0
      for (let sector = 0; sector < sectors; sector++) {
        if (random() < 0.5) continue
        lost++
        log.fill(0, from + sector * 512, Math.min(log.length, from + (sector + 1) * 512))
      }
      const commits = commitsIn(laidOut(folder, { ...store, log }))
      // A sector that held nothing but zeros is not missed.
      assert.ok(commits === last - 1 || commits === last, `trial ${trial}: ${commits} of ${last}`)
      assert.ok(lost > 0 || commits === last)
      trials++
    }
    t.equal(trials, 80)
  },
)

t.test('a flipped bit in the log is reported, or affects only the last commits', async (t) => {
  const safe = store.lengths[COMMITS - 3] as number
  let told = 0
  for (let trial = 0; trial < 100; trial++) {
    const files = { ...store, log: flipped(store.log, Math.floor(random() * store.log.length)) }
    const at = files.log.findIndex((byte, index) => byte !== store.log[index])
    const path = laidOut(folder, files)
    let commits: number | undefined
    try {
      commits = commitsIn(path)
    } catch (error) {
      assert.match(String(error), /can no longer be read/)
      assert.ok(areUntouched(path, files))
      told++
    }
    assert.ok(
      commits === undefined || (at >= safe && commits >= COMMITS - 2),
      `byte ${at}: ${commits} commits`,
    )
  }
  t.ok(told > 75, `${told} of 100 told`)
})

t.test('damage to a file that is too large to be checked at open is reported when it is read', async (t) => {
  const path = join(folder, 'large.db')
  const large = createSqliteStore({ path })
  await large.open()
  for (let index = 0; index < 70; index++)
    await large.commit([insert(call(`call-${index}`), bytes(1_000_000))])
  await large.close()
  const file = openSync(path, 'r+')
  writeSync(file, Buffer.alloc(300_000, 0xaa), 0, 300_000, 30_000_000)
  closeSync(file)
  const again = createSqliteStore({ path })
  t.teardown(() => again.close())
  await again.open()
  const told: string[] = []
  for (let index = 0; index < 70; index++) {
    await again.readPayloads([`call-${index}`]).catch((error: DispatchError) => {
      told.push(`${error.status}: ${error.message}`)
    })
  }
  t.ok(told.length > 0 && told.length < 4, `${told.length} of 70 payloads`)
  t.match(told[0], /^permanent: .*large\.db is damaged/)
})

function wholeCommits({ lengths }: CopiedStore, cut: number): number {
  return lengths.filter((length) => length <= cut).length
}

function overwritten(bytes: Buffer, at: number, length: number): Buffer {
  return Buffer.from(bytes).fill(0xaa, at, at + length)
}

function flipped(bytes: Buffer, at: number): Buffer {
  const copy = Buffer.from(bytes)
  copy[at] = (copy[at] as number) ^ (1 << (at % 8))
  return copy
}

/** Numbers in [0, 1) that are the same each time: a linear congruential generator modulo 2^32. */
function randomOf(seed: number): () => number {
  let state = seed
  return () => {
    state = (Math.imul(state, 1_664_525) + 1_013_904_223) >>> 0
    return state / 2 ** 32
  }
}
