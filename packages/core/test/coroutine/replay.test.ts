import { anyPack, UInt64ValueSchema } from '@bufbuild/protobuf/wkt'
import type { CallContext } from '@dispatch/core'
import { DispatchError } from '@dispatch/protocol'
import {
  type Any,
  AnySchema,
  type Call,
  type CoroutineState,
  CoroutineStateSchema,
  create,
  fromBinary,
  JournalEntrySchema,
  JournalSchema,
  type Poll,
  toBinary,
} from '@dispatch/protocol/messages'
import t from 'tap'
import {
  awaitCall,
  CallDriver,
  define,
  dispatchCall,
  failedResultOf,
  firstCall,
  gatherCalls,
  json,
  MODES,
  resultOf,
  turn,
} from '../helpers/coroutine-driver.js'

const COLD = MODES.filter(({ isWarm }) => !isWarm)
const KEPT = MODES.filter(({ keepsJournal }) => keepsJournal)
const PLAIN = MODES.filter(({ keepsJournal }) => !keepsJournal)

/** Handlers that were deployed one after the other, while a call was suspended after two results. */
const CHANGES = [
  {
    name: 'a call of another function',
    now: async () => [await awaitCall('a'), await awaitCall('refund'), await awaitCall('c')],
    want: "step 2 was a call of 'charge', now it is a call of 'refund'",
  },
  {
    name: 'a sleep instead of a call',
    now: async (call: CallContext) => [await awaitCall('a'), await call.sleep('1h'), await awaitCall('c')],
    want: "step 2 was a call of 'charge', now it is a sleep",
  },
  {
    name: 'a dispatch instead of a call',
    now: async () => [await awaitCall('a'), await dispatchCall('charge'), await awaitCall('c')],
    want: "step 2 was a call of 'charge', now it is a dispatch of 'charge'",
  },
  {
    name: 'an end where it used to wait for results',
    now: async () => [await awaitCall('a')],
    want: "the function ended after 1 steps, where step 2 was a call of 'charge'",
  },
  {
    name: 'an end before its last recorded step',
    now: async () => [await awaitCall('a'), await awaitCall('charge')],
    want: "the function ended after 2 steps, where step 3 was a call of 'c'",
  },
  {
    name: 'an end where it used to continue',
    now: async () => [void awaitCall('a'), void awaitCall('charge'), void awaitCall('c')].length,
    want: 'the function ended after 3 steps, where it waited for results',
  },
  {
    name: 'an error where it used to continue',
    now: () => {
      throw new Error('no more')
    },
    want: "the function ended after 0 steps, where step 1 was a call of 'a'",
  },
]

t.test('a handler that differs from its journal ends with incompatible_state', async (t) => {
  t.plan(CHANGES.length * COLD.length)
  for (const { name, now, want } of CHANGES) {
    for (const mode of COLD) {
      t.test(`${name} (${mode.name})`, async (t) => {
        let isChanged = false
        const handler = async (_input: unknown, call: CallContext) =>
          isChanged ? now(call) : [await awaitCall('a'), await awaitCall('charge'), await awaitCall('c')]
        const driver = new CallDriver(mode, define(handler))
        await driver.begin()
        await driver.resume([resultOf(firstCall(driver), json(1))])
        await driver.resume([resultOf(firstCall(driver), json(2))])
        isChanged = true
        await driver.resume([resultOf(firstCall(driver), json(3))])
        t.strictSame(driver.outcome, {
          status: 'incompatible_state',
          error: `IncompatibleStateError: ${want}`,
        })
      })
    }
  }
})

t.test('a rebuilt handler that stalls before a recorded step ends with incompatible_state', async (t) => {
  t.plan(COLD.length)
  for (const mode of COLD) {
    let isChanged = false
    const handler = async () => {
      if (!isChanged) return Promise.all([awaitCall('a'), awaitCall('b')])
      await awaitCall('a')
      return new Promise(() => {})
    }
    const driver = new CallDriver(mode, define(handler), { replayStallMsMax: 20 })
    await driver.begin()
    await driver.resume([resultOf(firstCall(driver), json(1))])
    isChanged = true
    await driver.resume([])
    t.match(
      driver.outcome,
      { status: 'incompatible_state', error: /did not begin step 2, a call of 'b', within 20 ms/ },
      mode.name,
    )
  }
})

t.test('code after the last recorded step may change', async (t) => {
  t.plan(COLD.length)
  for (const mode of COLD) {
    let more = ['b']
    const driver = new CallDriver(
      mode,
      define(async () => {
        const outputs = [await awaitCall('a')]
        for (const name of more) outputs.push(await awaitCall(name))
        return outputs
      }),
    )
    await driver.begin()
    more = ['c', 'd']
    await driver.resume([resultOf(firstCall(driver), json(1))])
    await driver.resume([resultOf(firstCall(driver), json(2))])
    await driver.resume([resultOf(firstCall(driver), json(3))])
    t.strictSame(driver.outcome, { status: 'ok', output: [1, 2, 3] }, mode.name)
  }
})

/** States that cannot be used, each with its error message. */
const STATES: readonly { name: string; change: (poll: Poll) => Poll['state']; want: RegExp }[] = [
  {
    name: 'E19 a state of another SDK',
    change: () => ({
      case: 'typedCoroutineState',
      value: anyPack(UInt64ValueSchema, { $typeName: 'google.protobuf.UInt64Value', value: 7n }),
    }),
    want: /expected '.*CoroutineState', got '.*UInt64Value'/,
  },
  {
    name: 'E20 a state in the legacy form',
    change: () => ({ case: 'coroutineState', value: new Uint8Array([1]) }),
    want: /untyped/,
  },
  { name: 'no state', change: () => ({ case: undefined }), want: /has no coroutine state/ },
  {
    name: 'E19 a state that cannot be decoded',
    change: (poll) => ({
      case: 'typedCoroutineState',
      value: create(AnySchema, { typeUrl: anyOf(poll).typeUrl, value: new Uint8Array([255, 255]) }),
    }),
    want: /cannot be decoded/,
  },
  {
    name: 'X23 a state of another format',
    change: (poll) => changeState(poll, (state) => ({ ...state, format: 2 })),
    want: /expected format 1, got 2/,
  },
  {
    name: 'X23 a state of another function',
    change: (poll) => changeState(poll, (state) => ({ ...state, function: 'other' })),
    want: /expected function 'main'.*got 'other'/,
  },
  {
    name: 'X23 a state of run 0',
    change: (poll) => changeState(poll, (state) => ({ ...state, runs: 0 })),
    want: /the state is of run 0/,
  },
  {
    name: 'X23 a state of a later run than the journal has',
    change: (poll) => changeState(poll, (state) => ({ ...state, runs: 2 })),
    want: /expected 2 entries.*got 1/,
  },
]

function anyOf(poll: Poll): Any {
  return poll.state.value as Any
}

function changeState(poll: Poll, change: (state: CoroutineState) => CoroutineState): Poll['state'] {
  const { typeUrl, value } = anyOf(poll)
  const state = change(fromBinary(CoroutineStateSchema, value))
  return {
    case: 'typedCoroutineState',
    value: create(AnySchema, { typeUrl, value: toBinary(CoroutineStateSchema, state) }),
  }
}

t.test('a state that cannot be used ends with incompatible_state', async (t) => {
  t.plan(STATES.length * MODES.length)
  for (const { name, change, want } of STATES) {
    for (const mode of MODES) {
      t.test(`${name} (${mode.name})`, async (t) => {
        const driver = new CallDriver(
          mode,
          define(() => awaitCall('a')),
        )
        await driver.begin()
        driver.poll.state = change(driver.poll)
        await driver.resume()
        t.match(driver.outcome, { status: 'incompatible_state', error: want })
      })
    }
  }
})

t.test('a state is decoded whatever the prefix of its type URL', async (t) => {
  t.plan(MODES.length)
  for (const mode of MODES) {
    const driver = new CallDriver(
      mode,
      define(() => awaitCall('a')),
    )
    await driver.begin()
    const any = anyOf(driver.poll)
    any.typeUrl = `example.com/types/${any.typeUrl.split('/').at(-1)}`
    await driver.resume([resultOf(firstCall(driver), json(1))])
    t.strictSame(driver.outcome, { status: 'ok', output: 1 }, mode.name)
  }
})

const JOURNALS = [
  { name: 'an entry that cannot be decoded', entry: new Uint8Array([255]), want: /cannot be decoded/ },
  {
    name: 'a step of an unknown kind',
    entry: new Uint8Array([0x12, 0]),
    want: /kind that this version of the SDK does not support/,
  },
]

t.test('a journal that cannot be used ends with incompatible_state', async (t) => {
  t.plan(JOURNALS.length + 1)
  const [mode] = KEPT.filter(({ isWarm }) => !isWarm)
  for (const { name, entry, want } of JOURNALS) {
    t.test(name, async (t) => {
      const driver = new CallDriver(
        mode as (typeof MODES)[0],
        define(() => awaitCall('a')),
      )
      await driver.begin()
      driver.journal.entries = [create(JournalEntrySchema, { entry })]
      await driver.resume()
      t.match(driver.outcome, { status: 'incompatible_state', error: want })
    })
  }
  t.test('a journal that the scheduler no longer keeps', async (t) => {
    const driver = new CallDriver(
      mode as (typeof MODES)[0],
      define(() => awaitCall('a')),
    )
    await driver.begin()
    const plain = new CallDriver(PLAIN[0] as (typeof MODES)[0], driver.definition)
    plain.response = driver.response
    await plain.resume()
    t.match(plain.outcome, { status: 'incompatible_state', error: /no longer keeps the journal/ })
  })
})

t.test('a journal inside the state stays there when the scheduler begins to keep journals', async (t) => {
  const plain = new CallDriver(
    PLAIN[0] as (typeof MODES)[0],
    define(async () => [await awaitCall('a'), await awaitCall('b')]),
  )
  await plain.begin()
  const kept = new CallDriver(KEPT[0] as (typeof MODES)[0], plain.definition)
  kept.response = plain.response
  await kept.resume([resultOf(firstCall(kept), json(1))])
  kept.journal = create(JournalSchema)
  kept.restartProcess()
  await kept.resume([resultOf(firstCall(kept), json(2))])
  t.strictSame(kept.outcome, { status: 'ok', output: [1, 2] })
})

t.test('the journal is requested only for a coroutine that is not in memory', async (t) => {
  t.plan(KEPT.length)
  for (const mode of KEPT) {
    const driver = new CallDriver(
      mode,
      define(() => gatherCalls('a', [1, 2, 3])),
    )
    await driver.begin()
    for (const call of [...driver.poll.calls]) await driver.resume([resultOf(call)])
    t.equal(driver.rebuilds, mode.isWarm ? 0 : 3, mode.name)
  }
})

t.test('replayCheck rebuilds at every resume', async (t) => {
  t.plan(2)
  for (const mode of MODES.filter(({ isWarm }) => isWarm)) {
    let starts = 0
    const handler = async () => {
      starts += 1
      return [await awaitCall('a'), await awaitCall('b')]
    }
    const driver = new CallDriver(mode, define(handler), { replayCheck: true })
    await driver.begin()
    await driver.resume([resultOf(firstCall(driver), json(1))])
    await driver.resume([resultOf(firstCall(driver), json(2))])
    t.strictSame([starts, driver.outcome], [3, { status: 'ok', output: [1, 2] }], mode.name)
  }
})

t.test('replayCheck detects handlers that would not survive a restart, and names the step', async (t) => {
  let count = 0
  const cases = [
    {
      name: 'another function',
      handler: async () => [await awaitCall(`a${++count}`), await awaitCall('b')],
      want: /replayCheck: step 1 was a call of 'a1', now it is a call of 'a2', although nothing but time has passed.*call\.now/,
    },
    {
      name: 'another input',
      handler: async () => [await awaitCall('a', { n: ++count }), await awaitCall('b')],
      want: /replayCheck: the input of step 1 was .*, now it is .*/,
    },
    {
      name: 'another input of a later step',
      handler: async () => [await awaitCall('a'), await awaitCall('b', ++count)],
      want: /the input of step 2 was /,
    },
  ]
  t.plan(cases.length * 2)
  for (const { name, handler, want } of cases) {
    for (const mode of MODES.filter(({ isWarm }) => isWarm)) {
      count = 0
      const driver = new CallDriver(mode, define(handler), { replayCheck: true })
      await driver.begin()
      await driver.resume([resultOf(firstCall(driver), json(1))])
      if (driver.outcome === 'poll') await driver.resume([resultOf(firstCall(driver), json(2))])
      t.match(driver.outcome, { status: 'permanent', error: want }, `${name} (${mode.name})`)
    }
  }
})

t.test('a run whose response was lost is repeated from where it began', async (t) => {
  t.plan(MODES.length * 2)
  for (const mode of MODES) {
    const driver = new CallDriver(
      mode,
      define(async () => [await awaitCall('a'), await awaitCall('b')]),
    )
    await driver.begin()
    await driver.repeat()
    await driver.resume([resultOf(firstCall(driver), json(1))])
    const lost = driver.poll
    await driver.repeat()
    t.same(
      driver.poll.calls.map(({ correlationId }) => correlationId),
      lost.calls.map(({ correlationId }) => correlationId),
      `the same calls (${mode.name})`,
    )
    await driver.resume([resultOf(firstCall(driver), json(2))])
    await driver.repeat()
    t.strictSame(driver.outcome, { status: 'ok', output: [1, 2] })
  }
})

t.test('a run that failed temporarily is repeated from the last suspension', async (t) => {
  t.plan(MODES.length * 2)
  for (const mode of MODES) {
    let failures = 0
    const effects: unknown[] = []
    const driver = new CallDriver(
      mode,
      define(async (_input, call) => {
        const output = await awaitCall('a')
        effects.push(call.attempt)
        if (failures++ === 0) throw new DispatchError('temporary', 'not now', { retryAfterMs: 1500 })
        return output
      }),
    )
    await driver.begin()
    await driver.resume([resultOf(firstCall(driver), json(1))])
    t.strictSame(driver.outcome, { status: 'temporary', error: 'TemporaryError: not now' }, mode.name)
    await driver.repeat()
    t.strictSame(driver.outcome, { status: 'ok', output: 1 }, mode.name)
  }
})

t.test(
  'a call made between two runs is sent with the second, and is rebuilt in the same order',
  async (t) => {
    t.plan(MODES.length * 2)
    for (const mode of MODES) {
      const slowly = async (name: string) => {
        for (let turns = 0; turns < 10; turns++) await turn()
        return awaitCall(name)
      }
      const handler = () => Promise.all([awaitCall('a').then(() => awaitCall('b')), slowly('c')])
      const driver = new CallDriver({ ...mode, isWarm: true }, define(handler))
      await driver.begin()
      const a = firstCall(driver)
      for (let turns = 0; turns < 20; turns++) await turn()
      // The handler begins c before the result of a is delivered.
      await driver.resume([resultOf(a, json('a'))])
      const [c, b] = driver.poll.calls as [Call, Call]
      t.strictSame([c.function, b.function], ['c', 'b'])
      if (!mode.isWarm) driver.restartProcess()
      await driver.resume([resultOf(c, json('c')), resultOf(b, json('b'))])
      t.strictSame(driver.outcome, { status: 'ok', output: ['b', 'c'] }, mode.name)
    }
  },
)

t.test('a step that begins later in a rebuild is waited for, and its call is not made again', async (t) => {
  t.plan(COLD.length * 2)
  for (const mode of COLD) {
    let turns = 0
    const slowly = async (name: string) => {
      for (let passed = 0; passed < turns; passed++) await turn()
      return awaitCall(name)
    }
    const handler = () => Promise.all([awaitCall('x'), slowly('a').then(() => slowly('b'))])
    const driver = new CallDriver(mode, define(handler))
    await driver.begin()
    const [x, a] = driver.poll.calls as [Call, Call]
    await driver.resume([resultOf(a, json('a'))])
    const b = firstCall(driver)
    turns = 7
    await driver.resume()
    const again = [...driver.poll.calls]
    await driver.resume()
    t.same([...again, ...driver.poll.calls], [], mode.name)
    await driver.resume([resultOf(x, json('x')), resultOf(b, json('b'))])
    t.strictSame(driver.outcome, { status: 'ok', output: ['x', 'b'] })
  }
})

t.test('a rebuilt handler may end sooner because of something that is not durable', async (t) => {
  t.plan(COLD.length)
  for (const mode of COLD) {
    let isFast = false
    const driver = new CallDriver(
      mode,
      define(async () => {
        const other = isFast ? Promise.resolve('fast') : new Promise(() => undefined)
        return Promise.race([awaitCall('a'), other])
      }),
    )
    await driver.begin()
    isFast = true
    await driver.resume()
    t.strictSame(driver.outcome, { status: 'ok', output: 'fast' }, mode.name)
  }
})

t.test('a poll that was refused is refused again in a rebuild', async (t) => {
  t.plan(COLD.length)
  for (const mode of COLD) {
    const driver = new CallDriver(
      mode,
      define(async () => [
        await awaitCall('a').catch((error: Error) => error.message),
        await awaitCall('b'),
        await awaitCall('c'),
      ]),
    )
    await driver.begin()
    await driver.resume([], failedResultOf(firstCall(driver), 'refused').error)
    await driver.resume([resultOf(firstCall(driver), json(2))])
    await driver.resume([resultOf(firstCall(driver), json(3))])
    t.strictSame(driver.outcome, { status: 'ok', output: ['refused', 2, 3] }, mode.name)
  }
})
