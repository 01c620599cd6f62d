import assert from 'node:assert/strict'
import { DispatchError } from '@dispatch/protocol'
import type { CallRecord, Store, Write } from '@dispatch/scheduler'
import { foldWrites } from '../../dist/store/fold-writes.js'
import {
  bytes,
  call,
  child,
  done,
  FULL_FIELDS,
  ids,
  insert,
  journal,
  load,
  NO_WAIT,
  payloads,
  update,
} from './store-records.js'

/**
 * Opens the store under test: at first an empty one. Called again, it closes the store that it gave before and
 * opens the same storage anew.
 */
export type OpenStore = () => Promise<Store>

export interface StoreCheck {
  readonly name: string
  readonly run: (open: OpenStore) => Promise<void>
}

/** What every store promises, for any test runner. The numbers are those of the doc comment of `Store`. */
export const STORE_CHECKS: readonly StoreCheck[] = [
  {
    name: 'an empty store has nothing to load',
    run: async (open) => {
      const store = await open()
      assert.deepEqual(await load(store), { calls: [], finished: [] })
      assert.deepEqual(await store.readPayloads([]), [])
      assert.deepEqual(new Set((await store.existing([])).keys()), new Set())
      assert.equal(await store.prune(Number.MAX_SAFE_INTEGER, 10), 0)
    },
  },
  {
    name: '1 what was committed is there after the store was opened again',
    run: async (open) => {
      let store = await open()
      const parent = call('p', { state: 'suspended', polls: 1, children: 1 })
      await store.commit([
        insert(parent, bytes(10)),
        insert(child(parent, 1)),
        journal('p', 0, 0, [], bytes(4, 9)),
      ])
      store = await open()
      assert.deepEqual(ids(await load(store)), ['p', 'p/1'])
      assert.deepEqual(await store.readPayloads(['p']), [payloads(bytes(10))])
      assert.deepEqual(await store.readJournal('p', 0), [{ ordinals: [], entry: bytes(4, 9) }])
    },
  },
  {
    name: '1 a batch of which one write fails leaves nothing behind',
    run: async (open) => {
      const store = await open()
      await store.commit([insert(call('a'), bytes(3))])
      const batch = [
        insert(call('b')),
        update(call('a', { state: 'suspended' }), { input: bytes(5), state: bytes(4_000), result: bytes(1) }),
        journal('a', 0, 0, [1], bytes(1)),
        insert(call('c')),
        update(call('nobody')),
      ]
      await rejects(store.commit(batch), 'permanent', /nobody/)
      assert.deepEqual((await load(store)).calls, [call('a')])
      assert.deepEqual(await store.readPayloads(['a', 'b', 'c']), [payloads(bytes(3)), undefined, undefined])
      assert.deepEqual(await store.readJournal('a', 0), [])
      await store.commit([insert(call('b')), insert(call('c'))])
    },
  },
  {
    name: '2 commits take effect in the order in which they were asked for, and a read sees all asked for before it',
    run: async (open) => {
      const store = await open()
      const commits = [store.commit([insert(call('a'), bytes(1))])]
      for (let polls = 1; polls <= 20; polls++) {
        commits.push(store.commit([update(call('a', { polls }), { state: bytes(polls) })]))
      }
      const read = await store.readCall('a')
      assert.deepEqual(read, { call: call('a', { polls: 20 }), payloads: payloads(bytes(1), bytes(20)) })
      await Promise.all(commits)
    },
  },
  {
    name: '2 nothing overtakes a commit of many calls: no commit, no read, no close',
    run: async (open) => {
      const store = await open()
      const parent = call('a', { state: 'suspended' })
      const children = Array.from({ length: 1_000 }, (_, index) => child(parent, index + 1))
      const many = children.map((record) => insert(record))
      const last = child(parent, 1_000, { polls: 1 })
      const first = store.commit([insert(parent), ...many, journal('a', 0, 0, [], bytes(3))])
      const read = store.readCall('a/1000')
      const second = store.commit([update(last, { state: bytes(2) })])
      const readAgain = store.readCall('a/1000')
      const entries = store.readJournal('a', 0)
      const third = store.commit(
        children.map((record) => update({ ...record, polls: 2 }, { state: bytes(4) })),
      )
      const fails = rejects(store.commit([insert(parent), ...many]), 'permanent', /call a .*already/)
      await store.close()
      await Promise.all([first, second, third, fails])
      assert.deepEqual((await read)?.call, child(parent, 1_000))
      assert.deepEqual(await readAgain, { call: last, payloads: payloads(bytes(1), bytes(2)) })
      assert.deepEqual(await entries, [{ ordinals: [], entry: bytes(3) }])
      const again = await open()
      const { calls } = await load(again)
      assert.deepEqual(
        calls.slice(1),
        children.map((record) => ({ ...record, polls: 2 })),
      )
    },
  },
  {
    name: '2 a commit that fails does not touch those before and after it',
    run: async (open) => {
      const store = await open()
      const outcomes = await Promise.allSettled([
        store.commit([insert(call('a'))]),
        store.commit([insert(call('b')), insert(call('a'))]),
        store.commit([insert(call('c'))]),
      ])
      assert.deepEqual(
        outcomes.map(({ status }) => status),
        ['fulfilled', 'rejected', 'fulfilled'],
      )
      assert.deepEqual(ids(await load(store)), ['a', 'c'])
    },
  },
  {
    name: '3 of many calls in one batch, one that exists is named, and none is recorded',
    run: async (open) => {
      const store = await open()
      await store.commit([insert(call('call-21'))])
      const names = Array.from({ length: 40 }, (_, index) => `call-${index}`)
      await rejects(
        store.commit(names.map((name) => insert(call(name)))),
        'permanent',
        /call call-21 is already recorded/,
      )
      assert.deepEqual(ids(await load(store)), ['call-21'])
    },
  },
  ...refusedBatches(),
  {
    name: '4 a batch may hold calls of every kind, and each comes back as it was written',
    run: async (open) => {
      const store = await open()
      const parent = call('p')
      const writes = [insert(parent)]
      // Twenty of a kind in a row, then kinds in turns; payloads of no bytes, of a few and of many.
      for (let n = 1; n <= 100; n++) {
        const kind = n <= 20 ? 0 : n <= 40 ? 1 : n % 5
        const input = bytes([0, 3, 5_000][n % 3] as number, n)
        writes.push(insert(kind === 1 ? call(`root-${n}`) : child(parent, n), input))
        if (kind === 2) {
          writes.push(update(child(parent, n, { state: 'done', finishedAtMs: n }), { result: bytes(n % 7) }))
        }
        if (kind === 3) {
          writes.push(
            update(child(parent, n, { state: 'suspended' }), { state: bytes(n * 50), result: bytes(1) }),
          )
        }
        if (kind === 4) writes.push(update(child(parent, n, { state: 'scheduled', dueAtMs: n })))
      }
      await store.commit(writes)
      const { calls } = foldWrites(writes)
      assert.deepEqual(
        (await load(store)).calls,
        calls.map(({ call }) => call).filter(({ state }) => state !== 'done'),
      )
      for (const { call, input, state, result } of calls) {
        assert.deepEqual(await store.readCall(call.id), { call, payloads: { input, state, result } })
      }
    },
  },
  {
    name: '4 load gives back every field as it was written',
    run: async (open) => {
      let store = await open()
      const parent = call('p', FULL_FIELDS)
      const others = (['scheduled', 'pending', 'suspended'] as const).map((state) => call(state, { state }))
      await store.commit([insert(parent), ...others.map((other) => insert(other))])
      store = await open()
      assert.deepEqual((await load(store)).calls, [parent, ...others])
      const changed = call('p', {
        ...FULL_FIELDS,
        endpoint: 'http://b',
        function: 'g',
        version: '',
        wait: NO_WAIT,
      })
      await store.commit([update(changed)])
      store = await open()
      assert.deepEqual((await load(store)).calls, [changed, ...others])
      assert.deepEqual((await store.readCall('p'))?.call, changed)
    },
  },
  {
    name: '4 load gives calls in the order in which they were recorded, and none that is done',
    run: async (open) => {
      let store = await open()
      const names = Array.from({ length: 50 }, (_, index) => `call-${(index * 37) % 50}`)
      await store.commit(names.slice(0, 30).map((name) => insert(call(name))))
      await store.commit(names.slice(30).map((name) => insert(call(name))))
      await store.commit([update(done('call-37', 10)), update(call('call-0', { polls: 1 }))])
      const live = names.filter((name) => name !== 'call-37')
      assert.deepEqual(ids(await load(store)), live)
      store = await open()
      assert.deepEqual(ids(await load(store)), live)
    },
  },
  {
    name: '4 a snapshot may be large',
    run: async (open) => {
      const store = await open()
      const names = Array.from({ length: 12_000 }, (_, index) => `call-${index}`)
      await store.commit(names.map((name) => insert(call(name))))
      assert.deepEqual(ids(await load(store)), names)
    },
  },
  {
    name: '4 finished children that their parent has not heard of are loaded in the order in which they finished',
    run: async (open) => {
      let store = await open()
      const parent = call('p', { state: 'suspended', restarts: 1, polls: 1, children: 5 })
      const finished = [
        child(parent, 1, { state: 'done', finishedAtMs: 300, correlationId: 2n ** 64n - 1n, statusCode: 1 }),
        child(parent, 2, { state: 'done', finishedAtMs: 100, statusCode: 7 }),
        child(parent, 3, { state: 'done', finishedAtMs: 100 }),
        child(parent, 4, { state: 'done', finishedAtMs: 50 }),
      ]
      const before = { ...child(parent, 9, { state: 'done', finishedAtMs: 1 }), parentRestarts: 0 }
      const grandchild = child(finished[0] as CallRecord, 1, { state: 'done', finishedAtMs: 1 })
      await store.commit([
        insert(parent),
        ...finished.map((record) => insert(record)),
        insert(child(parent, 5)),
        insert(before),
        insert(grandchild),
        journal('p', 0, 0, [1, 2, 3], bytes(1)),
        journal('p', 1, 0, [4], bytes(1)),
      ])
      const want = [
        { parentId: 'p', parentRestarts: 1, ordinal: 2, correlationId: 0n, statusCode: 7 },
        { parentId: 'p', parentRestarts: 1, ordinal: 3, correlationId: 0n, statusCode: 0 },
        { parentId: 'p', parentRestarts: 1, ordinal: 1, correlationId: 2n ** 64n - 1n, statusCode: 1 },
      ]
      assert.deepEqual((await load(store)).finished, want)
      store = await open()
      assert.deepEqual((await load(store)).finished, want)
      await store.commit([update(done('p', 400))])
      assert.deepEqual(await load(store), { calls: [child(parent, 5)], finished: [] })
    },
  },
  {
    name: 'several writes of one call in one batch have the effect of the last, payload by payload',
    run: async (open) => {
      const store = await open()
      await store.commit([
        insert(call('a'), bytes(1)),
        update(call('a', { polls: 1 }), { state: bytes(2) }),
        update(done('a', 20), { state: null, result: bytes(3) }),
        insert(call('b'), bytes(4)),
      ])
      assert.deepEqual(await store.readCall('a'), {
        call: done('a', 20),
        payloads: payloads(bytes(1), undefined, bytes(3)),
      })
      await store.commit([
        update(call('b', { polls: 1 }), { input: bytes(5), state: bytes(6) }),
        update(call('b', { polls: 2 })),
        update(call('b', { polls: 3 }), { state: bytes(7) }),
      ])
      assert.deepEqual(await store.readCall('b'), {
        call: call('b', { polls: 3 }),
        payloads: payloads(bytes(5), bytes(7)),
      })
      assert.deepEqual(ids(await load(store)), ['b'])
    },
  },
  {
    name: 'a payload of any size is kept, replaced by any other, left as it is when absent, and cleared by null',
    run: async (open) => {
      let store = await open()
      const sizes = [0, 1, 2_048, 2_049, 5_000_000, 2_049, 0, 2_049, 3_000, 16, 0]
      await store.commit([insert(call('a'), bytes(70_000))])
      for (const size of sizes) {
        await store.commit([update(call('a'), { input: bytes(size, 2), state: bytes(size, 3) })])
        await store.commit([update(call('a', { polls: size }))])
        assert.deepEqual(await store.readPayloads(['a']), [payloads(bytes(size, 2), bytes(size, 3))])
      }
      await store.commit([update(call('a'), { state: bytes(9_000) })])
      await store.commit([update(done('a', 10), { state: null, result: bytes(50_000) })])
      store = await open()
      assert.deepEqual(await store.readPayloads(['a']), [payloads(bytes(0), undefined, bytes(50_000))])
    },
  },
  {
    name: 'a commit leaves the memory of its payloads with the caller, and may be given parts of larger memory',
    run: async (open) => {
      const store = await open()
      const memory = bytes(10_000, 1)
      memory.set([7, 8, 9], 500)
      const part = memory.subarray(500, 503)
      await store.commit([
        insert(call('a'), part),
        insert(call('b'), Buffer.from([1, 2, 3, 4]).subarray(1, 3)),
      ])
      assert.deepEqual([...part], [7, 8, 9])
      const [a, b] = await store.readPayloads(['a', 'b'])
      assert.deepEqual([...(a?.input ?? [])], [7, 8, 9])
      assert.deepEqual([...(b?.input ?? [])], [2, 3])
    },
  },
  {
    name: 'reads answer in the order asked, with undefined for what does not exist',
    run: async (open) => {
      const store = await open()
      await store.commit([
        insert(call('a', { tenant: 'theirs' }), bytes(1)),
        insert(call('b'), bytes(3_000)),
        insert(done('c', 1), bytes(3)),
      ])
      assert.deepEqual(await store.readPayloads(['c', 'x', 'b', 'a', 'b']), [
        payloads(bytes(3)),
        undefined,
        payloads(bytes(3_000)),
        payloads(bytes(1)),
        payloads(bytes(3_000)),
      ])
      assert.deepEqual(
        await store.existing(['x', 'c', 'a', 'c', "it's"]),
        new Map([
          ['a', 'theirs'],
          ['c', ''],
        ]),
      )
      assert.deepEqual(
        await Promise.all(['z', 'c', 'bb', 'b', 'a', ''].map((bound) => store.highestId(bound))),
        ['c', 'b', 'b', 'a', '', ''],
      )
      assert.equal(await store.readCall('x'), undefined)
      assert.deepEqual(await store.readCall('c'), { call: done('c', 1), payloads: payloads(bytes(3)) })
      assert.deepEqual(await store.readJournal('x', 0), [])
    },
  },
  {
    name: 'results of children are found by parent, restart and ordinal, once they are done',
    run: async (open) => {
      const store = await open()
      const parent = call('p', { restarts: 1, children: 4 })
      const earlier = { ...child(parent, 1), id: 'p/0.1', parentRestarts: 0 }
      await store.commit([
        insert(parent),
        insert(earlier),
        ...[1, 2, 3, 4].map((n) => insert(child(parent, n))),
      ])
      await store.commit([
        update({ ...earlier, state: 'done', finishedAtMs: 1 }, { result: bytes(9) }),
        update(child(parent, 1, { state: 'done', finishedAtMs: 1, correlationId: 7n }), { result: bytes(1) }),
        update(child(parent, 2, { state: 'done', finishedAtMs: 1 }), { result: bytes(0) }),
        update(child(parent, 4, { state: 'done', finishedAtMs: 1, correlationId: 2n ** 63n + 1n }), {
          result: bytes(9_000),
        }),
      ])
      assert.deepEqual(await store.readResults('p', 1, [4, 3, 2, 1, 5]), [
        { correlationId: 2n ** 63n + 1n, result: bytes(9_000) },
        undefined,
        { correlationId: 0n, result: bytes(0) },
        { correlationId: 7n, result: bytes(1) },
        undefined,
      ])
      assert.deepEqual(await store.readResults('p', 0, [1]), [{ correlationId: 0n, result: bytes(9) }])
      assert.deepEqual(await store.readResults('p', 2, [1]), [undefined])
      assert.deepEqual(await store.readResults('x', 0, []), [])
    },
  },
  {
    name: 'results that do not all fit are those of the first ordinals, and one always',
    run: async (open) => {
      const store = await open()
      const parent = call('p')
      const children = [1, 2, 3, 4].map((n) => child(parent, n))
      await store.commit([insert(parent), ...children.map((record) => insert(record))])
      const ended = [3_000, 1_000, 5_000].map((size, index) =>
        update(
          { ...(children[index] as CallRecord), state: 'done', finishedAtMs: 1 },
          { result: bytes(size) },
        ),
      )
      await store.commit(ended)
      const sizes = async (ordinals: number[], bytesMax: number) =>
        (await store.readResults('p', 0, ordinals, bytesMax)).map((found) => found?.result.byteLength)
      assert.deepEqual(await sizes([1, 2, 3], 9_000), [3_000, 1_000, 5_000])
      assert.deepEqual(await sizes([1, 2, 3], 8_999), [3_000, 1_000])
      assert.deepEqual(await sizes([1, 2, 3], 3_999), [3_000])
      assert.deepEqual(await sizes([3, 2, 1], 1), [5_000])
      assert.deepEqual(await sizes([2, 4, 1], 3_000), [1_000, undefined])
    },
  },
  {
    name: 'a journal is read by restart, in the order of its positions',
    run: async (open) => {
      const store = await open()
      const many = Array.from({ length: 5_000 }, (_, index) => index + 1)
      await store.commit([
        insert(call('a')),
        insert(call('b')),
        journal('a', 1, 1, [3], bytes(20_000)),
        journal('a', 1, 0, many, bytes(0)),
        journal('a', 0, 0, [2], bytes(2)),
        journal('b', 1, 0, [4], bytes(4)),
      ])
      await store.commit([journal('a', 1, 2, [], bytes(3))])
      assert.deepEqual(await store.readJournal('a', 1), [
        { ordinals: many, entry: bytes(0) },
        { ordinals: [3], entry: bytes(20_000) },
        { ordinals: [], entry: bytes(3) },
      ])
      assert.deepEqual(await store.readJournal('a', 0), [{ ordinals: [2], entry: bytes(2) }])
      assert.deepEqual(await store.readJournal('a', 2), [])
    },
  },
  {
    name: 'pruning deletes the trees that ended before a time, oldest first, with all that belongs to them',
    run: async (open) => {
      let store = await open()
      const old = done('old', 100, { polls: 1, children: 1 })
      const wide = done('wide', 50)
      await store.commit([
        insert(old, bytes(5_000)),
        insert(child(old, 1, { state: 'done', finishedAtMs: 90 }), bytes(5_000)),
        journal('old', 0, 0, [1], bytes(5)),
        insert(wide),
        ...Array.from({ length: 2_500 }, (_, index) =>
          insert(child(wide, index + 1, { state: 'done', finishedAtMs: 40 })),
        ),
        insert(done('young', 200)),
        insert(call('live')),
      ])
      assert.equal(await store.prune(50, 10), 0)
      assert.equal(await store.prune(200, 1), 1)
      assert.deepEqual(
        new Set((await store.existing(['wide', 'wide/1', 'wide/2500', 'old'])).keys()),
        new Set(['old']),
      )
      assert.equal(await store.prune(200, 10), 1)
      const names = ['old', 'old/1', 'young', 'live']
      assert.deepEqual(new Set((await store.existing(names)).keys()), new Set(['young', 'live']))
      // The same ids again find nothing of what was there.
      await store.commit([insert(call('old'), bytes(1)), insert(call('old/1'), bytes(1))])
      assert.deepEqual(await store.readJournal('old', 0), [])
      assert.deepEqual(await store.readPayloads(['old', 'old/1']), [payloads(bytes(1)), payloads(bytes(1))])
      store = await open()
      assert.deepEqual(ids(await load(store)), ['live', 'old', 'old/1'])
    },
  },
  {
    name: 'pruning leaves a tree alone in which a call is not done, or ended later',
    run: async (open) => {
      const store = await open()
      const busy = done('busy', 10)
      const late = done('late', 20)
      const middle = child(busy, 1, { state: 'done', finishedAtMs: 5 })
      await store.commit([
        insert(busy),
        insert(middle),
        insert(child(middle, 1)),
        insert(late),
        insert(child(late, 1, { state: 'done', finishedAtMs: 500 })),
        ...Array.from({ length: 450 }, (_, index) => insert(done(`done-${index}`, 30))),
      ])
      assert.equal(await store.prune(100, 1_000), 450)
      assert.deepEqual(
        new Set((await store.existing(['busy', 'busy/1', 'late'])).keys()),
        new Set(['busy', 'busy/1', 'late']),
      )
      await store.commit([update(child(middle, 1, { state: 'done', finishedAtMs: 501 }))])
      assert.equal(await store.prune(501, 1_000), 1)
      assert.equal(await store.prune(502, 1_000), 1)
      assert.deepEqual(
        new Set((await store.existing(['busy', 'busy/1', 'busy/1/1', 'late', 'late/1'])).keys()),
        new Set(),
      )
    },
  },
  {
    name: 'commits are taken while a prune is under way',
    run: async (open) => {
      const store = await open()
      const wide = done('wide', 50)
      const leaf = (index: number) => insert(child(wide, index + 1, { state: 'done', finishedAtMs: 40 }))
      await store.commit([insert(wide), ...Array.from({ length: 5_000 }, (_, index) => leaf(index))])
      const pruned = store.prune(100, 1)
      await Promise.all([store.commit([insert(call('a'))]), store.commit([insert(call('b'))])])
      assert.equal(await pruned, 1)
      assert.deepEqual(ids(await load(store)), ['a', 'b'])
    },
  },
  {
    name: 'ids hold quotes, percent signs and letters of any script',
    run: async (open) => {
      const store = await open()
      const names = ["o'clock", 'a"b', '100%', 'ключ', '🐘', 'a/1.2', '--', "'); DROP TABLE calls; --"]
      await store.commit(
        names.map((name) => insert(call(name, { tenant: name, function: name, endpoint: name }))),
      )
      assert.deepEqual(ids(await load(store)), names)
      assert.deepEqual(new Set((await store.existing(names)).keys()), new Set(names))
    },
  },
  {
    name: 'an empty commit is no failure',
    run: async (open) => {
      const store = await open()
      await store.commit([])
    },
  },
  {
    name: '7 a store that is closed refuses everything with a DispatchError, and may be closed again',
    run: async (open) => {
      const store = await open()
      const last = store.commit([insert(call('a'))])
      await store.close()
      await last
      await rejects(store.commit([insert(call('b'))]), 'permanent', /not open|closed/)
      await rejects(load(store), 'permanent', /not open|closed/)
      await rejects(store.readCall('a'), 'permanent', /not open|closed/)
      await store.close()
    },
  },
]

/** Batches that must fail, one check each; in each case nothing is written. */
function refusedBatches(): StoreCheck[] {
  const cases: { name: string; batch: Write[]; want: RegExp }[] = [
    { name: 'an insert of a call that exists', batch: [insert(call('a'))], want: /\ba\b.*already/ },
    {
      name: 'two inserts of one call',
      batch: [insert(call('n')), insert(call('n'))],
      want: /\bn\b.*already/,
    },
    {
      name: 'an insert after an update',
      batch: [update(call('a')), insert(call('a'))],
      want: /\ba\b.*already/,
    },
    { name: 'an update of no call', batch: [update(call('n'))], want: /\bn\b does not exist/ },
    { name: 'an update before the insert', batch: [update(call('n')), insert(call('n'))], want: /\bn\b/ },
    {
      name: 'a journal entry of no call',
      batch: [journal('n', 0, 0, [], bytes(1))],
      want: /\bn\b does not exist/,
    },
    { name: 'a journal entry that exists', batch: [journal('a', 0, 0, [], bytes(1))], want: /0 of call a/ },
    {
      name: 'two journal entries at one place',
      batch: [journal('a', 0, 1, [], bytes(1)), journal('a', 0, 1, [], bytes(1))],
      want: /1 of call a/,
    },
  ]
  return cases.map(({ name, batch, want }) => ({
    name: `3 ${name} fails the batch`,
    run: async (open) => {
      const store = await open()
      await store.commit([insert(call('a'), bytes(1)), journal('a', 0, 0, [5], bytes(5))])
      await rejects(store.commit([insert(call('first')), ...batch]), 'permanent', want)
      assert.deepEqual((await load(store)).calls, [call('a')])
      assert.deepEqual(await store.readJournal('a', 0), [{ ordinals: [5], entry: bytes(5) }])
    },
  }))
}

async function rejects(promise: Promise<unknown>, status: string, message: RegExp): Promise<void> {
  await assert.rejects(promise, (error) => {
    assert.ok(error instanceof DispatchError, `wanted a DispatchError, got ${error}`)
    assert.equal(error.status, status)
    assert.match(error.message, message)
    return true
  })
}
