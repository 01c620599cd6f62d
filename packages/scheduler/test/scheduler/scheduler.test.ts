import { STATUSES } from '@dispatch/protocol'
import {
  CallSchema,
  CallState,
  create,
  fromWireError,
  type RunRequest,
  RunResponseSchema,
} from '@dispatch/protocol/messages'
import { decodeValue } from '@dispatch/protocol/values'
import t from 'tap'
import { createScheduler } from '../../dist/scheduler.js'
import { createMemoryStore } from '../../dist/store/memory-store.js'
import type { Store } from '../../dist/store/store.js'
import {
  answer,
  callOf,
  ENDPOINT,
  errorOf,
  type Handler,
  pollOf,
  Script,
  startScheduler,
} from '../helpers/scheduler-harness.js'

t.test('Q01 three calls give three ids, in order, and each ends with its result', async (t) => {
  const scheduler = await startScheduler(t, new Script({ echo: (request) => answer('ok', inputOf(request)) }))
  const ids = await scheduler.dispatch([callOf('echo', 'a'), callOf('echo', 'b'), callOf('echo', 'c')])
  t.equal(new Set(ids).size, 3)
  const results = await Promise.all(ids.map((id) => scheduler.wait(id, 5_000)))
  t.strictSame(
    results.map((call) => decodeValue(call?.result?.output)),
    ['a', 'b', 'c'],
  )
  t.match(results[0], { state: CallState.DONE, status: 1, attempt: 1 })
})

t.test('Q03 one invalid call among valid ones: nothing is recorded', async (t) => {
  const script = new Script({ echo: () => answer('ok') })
  const scheduler = await startScheduler(t, script)
  t.match(await errorOf(scheduler.dispatch([callOf('echo'), callOf('not-a-name')])), {
    status: 'invalid_argument',
    message: /calls\[1\]\.function/,
  })
  const [id] = await scheduler.dispatch([callOf('echo')])
  await scheduler.wait(id as string, 5_000)
  t.equal(script.requests.length, 1)
})

t.test('Q05 a call without an input has an Empty one', async (t) => {
  const script = new Script({ f: () => answer('ok') })
  const scheduler = await startScheduler(t, script)
  const [id] = await scheduler.dispatch([create(CallSchema, { endpoint: ENDPOINT, function: 'f' })])
  await scheduler.wait(id as string, 5_000)
  t.match(script.requests[0]?.directive, { case: 'input', value: { typeUrl: /Empty$/ } })
})

t.test('Q07 a parent receives the results of its children, with their ids', async (t) => {
  const script = new Script({
    child: (request) => answer('ok', `child ${inputOf(request)}`),
    parent: (request) => {
      if (request.directive.case !== 'pollResult') return pollOf(['child', 'child'])
      return answer(
        'ok',
        request.directive.value.results.map((result) => [
          Number(result.correlationId),
          result.dispatchId.replace(request.dispatchId, ''),
          decodeValue(result.output),
        ]),
      )
    },
  })
  const scheduler = await startScheduler(t, script)
  const [id] = await scheduler.dispatch([callOf('parent')])
  const call = await scheduler.wait(id as string, 5_000)
  t.strictSame((decodeValue(call?.result?.output) as unknown[][]).sort(), [
    [1, '/1', 'child 0'],
    [2, '/2', 'child 1'],
  ])
  const resumed = script.requests.at(-1)
  t.match(resumed?.directive, {
    value: { state: { case: 'typedCoroutineState', value: { typeUrl: /StringValue$/ } } },
  })
})

t.test('Q15 a failure with an output and no error names its status and keeps the output', async (t) => {
  const scheduler = await startScheduler(
    t,
    new Script({
      child: () => answer('not_found', { status_code: 404 }),
      parent: (request) => {
        if (request.directive.case !== 'pollResult') return pollOf(['child'])
        const [result] = request.directive.value.results
        return answer('ok', [result?.error?.type, result?.error?.message, decodeValue(result?.output)])
      },
    }),
  )
  const [id] = await scheduler.dispatch([callOf('parent')])
  const call = await scheduler.wait(id as string, 5_000)
  t.strictSame(decodeValue(call?.result?.output), ['status', 'not_found', { status_code: 404 }])
})

t.test('Q19 an exit without a result is a success without output', async (t) => {
  const scheduler = await startScheduler(
    t,
    new Script({
      f: () => ({
        kind: 'response',
        response: create(RunResponseSchema, { status: 1, directive: { case: 'exit', value: {} } }),
      }),
    }),
  )
  const [id] = await scheduler.dispatch([callOf('f')])
  t.match(await scheduler.wait(id as string, 5_000), {
    status: 1,
    result: { output: undefined, error: undefined },
  })
})

t.test('Q26 an unknown status means permanent', async (t) => {
  const scheduler = await startScheduler(
    t,
    new Script({ f: () => ({ kind: 'response', response: create(RunResponseSchema, { status: 99 as 7 }) }) }),
  )
  const [id] = await scheduler.dispatch([callOf('f')])
  t.match(await scheduler.wait(id as string, 5_000), {
    status: 7,
    result: { error: { message: 'permanent' } },
  })
})

t.test('Q13 a Poll with limits out of range is refused, and its coroutine receives the reason', async (t) => {
  const cases = [{ maxResults: 0 }, { maxResults: 1001 }, { minResults: -1 }, { minResults: 1001 }]
  t.plan(cases.length)
  for (const limits of cases) {
    const scheduler = await startScheduler(
      t,
      new Script({
        f: (request) => {
          if (request.directive.case !== 'pollResult') return pollOf(['child'], limits)
          return answer('ok', request.directive.value.error?.message)
        },
      }),
    )
    const [id] = await scheduler.dispatch([callOf('f')])
    const call = await scheduler.wait(id as string, 5_000)
    t.match(decodeValue(call?.result?.output), /poll\.(max|min)_results: expected 1 to 1000/)
  }
})

t.test('an invalid call in a Poll is refused by its position and field', async (t) => {
  const scheduler = await startScheduler(
    t,
    new Script({
      f: (request) =>
        request.directive.case === 'pollResult'
          ? answer('ok', request.directive.value.error?.message)
          : pollOf(['fine', 'not-fine']),
    }),
  )
  const [id] = await scheduler.dispatch([callOf('f')])
  const call = await scheduler.wait(id as string, 5_000)
  t.match(decodeValue(call?.result?.output), /poll\.calls\[1\]\.function/)
})

t.test('Q25 a scheduler over the same store continues where the previous one stopped', async (t) => {
  const store = createMemoryStore()
  let release = (): void => {}
  const held = new Promise<void>((resolve) => {
    release = resolve
  })
  const handlers: Record<string, Handler> = {
    child: async (_request, signal) => {
      await Promise.race([held, new Promise((resolve) => signal.addEventListener('abort', resolve))])
      return signal.aborted ? answer('temporary') : answer('ok', 'late')
    },
    parent: (request) =>
      request.directive.case === 'pollResult'
        ? answer('ok', decodeValue(request.directive.value.results[0]?.output))
        : pollOf(['child']),
  }
  const first = createScheduler({ store, endpointOf: () => new Script(handlers) })
  await first.open()
  first.start()
  const [id] = await first.dispatch([callOf('parent')])
  while ((await first.get(id as string))?.state !== CallState.SUSPENDED) await new Promise(setImmediate)
  await first.stop(0)
  await first.close()
  release()
  const second = await startScheduler(t, new Script(handlers), { store })
  t.match(await second.wait(id as string, 5_000), { state: CallState.DONE, status: 1 })
})

t.test('a request with ids records them once, also when it is made twice concurrently', async (t) => {
  const script = new Script({ f: () => answer('ok') })
  const scheduler = await startScheduler(t, script)
  const calls = [callOf('f', 1, { dispatchId: 'mine-1' }), callOf('f', 2, { dispatchId: 'mine-2' })]
  const answers = await Promise.all([scheduler.dispatch(calls), scheduler.dispatch(calls)])
  t.strictSame(answers, [
    ['mine-1', 'mine-2'],
    ['mine-1', 'mine-2'],
  ])
  await Promise.all(calls.map((call) => scheduler.wait(call.dispatchId, 5_000)))
  await scheduler.dispatch(calls)
  await scheduler.dispatch([callOf('f', 3, { dispatchId: 'mine-3' })])
  await scheduler.wait('mine-3', 5_000)
  t.equal(script.requests.length, 3)
})

t.test('an id that a child may get is refused', async (t) => {
  const scheduler = await startScheduler(t, new Script({}))
  const wrong = ['root/1', 'root/2.1'].map((dispatchId) => callOf('f', 1, { dispatchId }))
  for (const call of wrong) {
    t.match(await errorOf(scheduler.dispatch([call])), { status: 'invalid_argument' })
  }
  await scheduler.dispatch([callOf('f', 1, { dispatchId: 'root/d1' })])
})

t.test(
  'cancelling ends a running call and aborts its run, and does not change a call that is done',
  async (t) => {
    let aborted = false
    const script = new Script({
      f: (_request, signal) =>
        new Promise((resolve) => {
          signal.addEventListener('abort', () => {
            aborted = true
            resolve(answer('ok', 'too late'))
          })
        }),
      g: () => answer('ok', 'done'),
    })
    const scheduler = await startScheduler(t, script)
    const [f, g] = (await scheduler.dispatch([callOf('f'), callOf('g')])) as [string, string]
    while (script.requests.length < 2) await new Promise(setImmediate)
    const canceled = await scheduler.cancel(f)
    t.match(canceled, { state: CallState.DONE, status: STATUSES.permanent.code })
    t.equal(fromWireError(canceled?.result?.error as never).name, 'CanceledError')
    t.ok(aborted)
    await scheduler.wait(g, 5_000)
    t.match(await scheduler.cancel(g), { state: CallState.DONE, status: 1 })
    t.equal(await scheduler.cancel('nobody'), undefined)
  },
)

t.test(
  'a wait for a call whose end is being recorded is resolved without a look into the store',
  async (t) => {
    const store = createMemoryStore()
    let reads = 0
    let commit = (): void => {}
    const slow: Store = {
      ...store,
      commit: async (writes) => {
        await new Promise<void>((resolve) => {
          commit = resolve
        })
        await store.commit(writes)
      },
      readCall: (id) => {
        reads += 1
        return store.readCall(id)
      },
    }
    const scheduler = await startScheduler(t, new Script({ f: () => answer('ok', 7) }), { store: slow })
    const turns = async () => {
      for (let turn = 0; turn < 20; turn += 1) await new Promise(setImmediate)
    }
    const dispatched = scheduler.forTenant('a').dispatch([callOf('f')])
    await turns()
    commit()
    const [id] = (await dispatched) as [string]
    await turns()
    t.equal(scheduler.liveCalls, 0, 'the call has ended')
    const done = scheduler.forTenant('a').wait(id, 60_000)
    const elsewhere = scheduler.forTenant('b').wait(id, 60_000)
    await turns()
    commit()
    t.match(await done, { state: CallState.DONE, status: 1 })
    t.equal(reads, 0)
    t.equal(await elsewhere, undefined, 'another tenant receives nothing')
  },
)

t.test(
  'D4 a gather in this process is one commit: children that end immediately are recorded as done',
  async (t) => {
    const store = createMemoryStore()
    const commits: string[][] = []
    const counting: Store = {
      ...store,
      commit: async (writes) => {
        commits.push(writes.map((write) => (write.kind === 'journal' ? write.kind : write.call.state)))
        await store.commit(writes)
      },
    }
    const script = new Script({
      child: () => answer('ok'),
      parent: (request) =>
        request.directive.case === 'input'
          ? pollOf(Array.from({ length: 1_000 }, () => 'child'))
          : answer('ok'),
    })
    const scheduler = await startScheduler(t, script, { store: counting, isLocal: () => true })
    const [id] = await scheduler.dispatch([callOf('parent')])
    t.match(await scheduler.wait(id as string, 30_000), { status: 1 })
    const done = commits.map((states) => states.filter((state) => state === 'done').length)
    t.strictSame(done, [0, 1_000, 1])
  },
)

t.test('wait() resolves with the state of the call when the time is up', async (t) => {
  const scheduler = await startScheduler(t, new Script({ f: () => new Promise(() => {}) }), {})
  const [id] = await scheduler.dispatch([callOf('f', null, { delay: { seconds: 100n, nanos: 0 } as never })])
  t.match(await scheduler.wait(id as string, 1), { state: CallState.SCHEDULED })
  t.equal(await scheduler.wait('nobody', 1), undefined)
})

t.test('a tenant sees its own calls and no others', async (t) => {
  const scheduler = await startScheduler(t, new Script({ f: () => answer('ok') }))
  const a = scheduler.forTenant('a')
  const b = scheduler.forTenant('b')
  const [id] = (await a.dispatch([callOf('f')])) as [string]
  t.match(await a.wait(id, 5_000), { state: CallState.DONE })
  t.equal(await b.get(id), undefined)
  t.equal(await b.cancel(id), undefined)
  t.equal(await scheduler.get(id), undefined)
})

t.test(
  'a dispatch beyond the limit of live calls is throttled with the time after which to retry',
  async (t) => {
    const scheduler = await startScheduler(t, new Script({ f: () => new Promise(() => {}) }), {
      liveCallsMax: 3,
    })
    const later = { delay: { seconds: 100n, nanos: 0 } as never }
    await scheduler.dispatch([callOf('f', 1, later), callOf('f', 2, later)])
    t.match(await errorOf(scheduler.dispatch([callOf('f', 3, later), callOf('f', 4, later)])), {
      status: 'throttled',
      retryAfterMs: 10_000,
    })
    await scheduler.dispatch([callOf('f', 3, later)])
  },
)

t.test('nothing is acknowledged before it is durable', async (t) => {
  const store = createMemoryStore()
  let commit = (): void => {}
  const slow: Store = {
    ...store,
    commit: async (writes) => {
      await new Promise<void>((resolve) => {
        commit = resolve
      })
      await store.commit(writes)
    },
  }
  const script = new Script({ f: () => answer('ok') })
  const scheduler = await startScheduler(t, script, { store: slow })
  let isAcknowledged = false
  const dispatched = scheduler.dispatch([callOf('f')]).then((ids) => {
    isAcknowledged = true
    return ids
  })
  for (let turn = 0; turn < 20; turn += 1) await new Promise(setImmediate)
  t.equal(isAcknowledged, false)
  t.equal(script.requests.length, 0, 'nothing has run')
  commit()
  const [id] = await dispatched
  const done = scheduler.wait(id as string, 5_000)
  for (let turn = 0; turn < 20; turn += 1) await new Promise(setImmediate)
  t.match(script.requests, { length: 1 })
  commit()
  t.match(await done, { status: 1 })
})

t.test('a store that fails temporarily loses nothing', async (t) => {
  const store = createMemoryStore()
  let failures = 2
  const flaky: Store = {
    ...store,
    commit: async (writes) => {
      if (failures-- > 0) throw Object.assign(new Error('disk full'), { status: 'temporary' })
      await store.commit(writes)
    },
  }
  const scheduler = await startScheduler(t, new Script({ f: () => answer('ok') }), { store: flaky })
  const [id] = await scheduler.dispatch([callOf('f')])
  t.match(await scheduler.wait(id as string, 5_000), { status: 1 })
})

t.test('a store that fails permanently stops the scheduler, with the reason', async (t) => {
  const store = createMemoryStore()
  const broken: Store = {
    ...store,
    commit: async () => {
      throw Object.assign(new Error('database disk image is malformed'), { status: 'permanent' })
    },
  }
  const scheduler = createScheduler({ store: broken, endpointOf: () => new Script({}) })
  await scheduler.open()
  scheduler.start()
  t.match(await errorOf(scheduler.dispatch([callOf('f')])), { message: /store failed/ })
  t.match(await errorOf(scheduler.get('x')), { message: /store failed/ })
  await scheduler.close()
})

t.test('expiration of a running call aborts it', async (t) => {
  const script = new Script({
    f: (_request, signal) =>
      new Promise((resolve) => signal.addEventListener('abort', () => resolve(answer('ok')))),
  })
  const scheduler = await startScheduler(t, script)
  const [id] = await scheduler.dispatch([
    callOf('f', null, { expiration: { seconds: 0n, nanos: 50e6 } as never }),
  ])
  t.match(await scheduler.wait(id as string, 5_000), { status: STATUSES.timeout.code })
})

t.test('a call that is cancelled before its run has begun is never sent', async (t) => {
  const store = createMemoryStore()
  let letCommit = (): void => {}
  const slow: Store = {
    ...store,
    commit: async (writes) => {
      await new Promise<void>((resolve) => {
        letCommit = resolve
      })
      await store.commit(writes)
    },
  }
  const script = new Script({ f: () => answer('ok') })
  const scheduler = await startScheduler(t, script, { store: slow })
  void scheduler.dispatch([callOf('f', 1, { dispatchId: 'early' })])
  const turns = async (): Promise<void> => {
    for (let turn = 0; turn < 20; turn += 1) await new Promise(setImmediate)
  }
  await turns()
  const canceled = scheduler.cancel('early')
  await turns()
  letCommit()
  await turns()
  t.equal(script.requests.length, 0)
  letCommit()
  t.match(await canceled, { state: CallState.DONE, status: STATUSES.permanent.code })
  t.equal(script.requests.length, 0)
})

t.test('a run that takes too long is aborted with timeout and retried', async (t) => {
  const cases = [
    {
      name: 'by the time limit of the call',
      options: {},
      call: { runTimeout: { seconds: 0n, nanos: 30e6 } as never },
    },
    { name: 'by the time limit of the scheduler', options: { runMsMax: 30 }, call: {} },
  ]
  t.plan(cases.length * 2)
  for (const { name, options, call } of cases) {
    const reasons: unknown[] = []
    const script = new Script({
      f: (request, signal) =>
        request.attempt > 1
          ? answer('ok', 'second')
          : new Promise((resolve) =>
              signal.addEventListener('abort', () => {
                reasons.push(signal.reason)
                resolve(answer('timeout'))
              }),
            ),
    })
    const scheduler = await startScheduler(t, script, options)
    const [id] = await scheduler.dispatch([callOf('f', null, call)])
    t.match(await scheduler.wait(id as string, 5_000), { status: 1, attempt: 2 }, name)
    t.match(reasons, [{ status: 'timeout', message: 'the run took longer than 30 ms' }], name)
  }
})

function inputOf(request: RunRequest): unknown {
  return request.directive.case === 'input' ? decodeValue(request.directive.value) : undefined
}
