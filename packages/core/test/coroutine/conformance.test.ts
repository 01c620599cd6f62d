import { codeOfStatus, DispatchError } from '@dispatch/protocol'
import {
  type Any,
  type Call,
  CallResultSchema,
  create,
  durationMs,
  type RunResponse,
} from '@dispatch/protocol/messages'
import { encodeValue } from '@dispatch/protocol/values'
import t, { type Test } from 'tap'
import { createTailCall } from '../../dist/coroutine/definition/tail-call.js'
import {
  awaitCall,
  CallDriver,
  callOf,
  define,
  errorOf,
  failedResultOf,
  gatherCalls,
  json,
  MODES,
  type Mode,
  resultOf,
} from '../helpers/coroutine-driver.js'

/** A conformance case that holds in every mode. */
interface Case {
  readonly name: string
  readonly check: (t: Test, mode: Mode) => Promise<void>
}

const seq = async (...names: string[]) => {
  const outputs: unknown[] = []
  for (const name of names) outputs.push(await awaitCall(name))
  return outputs
}

const namesOf = (calls: readonly Call[]) => calls.map((call) => call.function)

function onlyCall(calls: readonly Call[]): Call {
  const [call, ...others] = calls
  if (call === undefined || others.length > 0) throw new Error(`expected one call, got ${namesOf(calls)}`)
  return call
}

const CASES: readonly Case[] = [
  {
    name: 'X01 an await ends the first run with a poll for one call',
    async check(t, mode) {
      const driver = new CallDriver(
        mode,
        define((input) => awaitCall('a', input)),
      )
      const response = await driver.begin(7)
      const { poll } = driver
      t.equal(response.status, codeOfStatus('ok'))
      t.strictSame(namesOf(poll.calls), ['a'])
      t.not(onlyCall(poll.calls).correlationId, 0n)
      t.equal(poll.minResults, 1)
      t.equal(poll.maxResults, 1)
      t.equal(poll.state.case, 'typedCoroutineState')
      t.equal(poll.maxWait && durationMs(poll.maxWait), mode.keepsJournal ? undefined : 300_000)
      t.equal(poll.journalEntry.length > 0, mode.keepsJournal)
    },
  },
  {
    name: 'X02 the handler continues with the delivered result',
    async check(t, mode) {
      const driver = new CallDriver(
        mode,
        define(async (input) => [await awaitCall('a', input), input]),
      )
      await driver.begin('in')
      await driver.resume([resultOf(onlyCall(driver.poll.calls), json('out'))])
      t.strictSame(driver.outcome, { status: 'ok', output: ['out', 'in'] })
    },
  },
  {
    name: 'X03 three awaits one after the other take four runs',
    async check(t, mode) {
      const driver = new CallDriver(
        mode,
        define(() => seq('a', 'b', 'c')),
      )
      await driver.begin()
      for (const output of [1, 2, 3])
        await driver.resume([resultOf(onlyCall(driver.poll.calls), json(output))])
      t.strictSame(driver.outcome, { status: 'ok', output: [1, 2, 3] })
      t.equal(driver.requests.length, 4)
    },
  },
  {
    name: 'X04 outputs of a gather are in the order of its calls',
    async check(t, mode) {
      const driver = new CallDriver(
        mode,
        define(() => gatherCalls('a', [1, 2, 3])),
      )
      await driver.begin()
      const [one, two, three] = driver.poll.calls as [Call, Call, Call]
      t.match(driver.poll, { minResults: 3, maxResults: 3, wakeOnFailure: mode.keepsJournal })
      await driver.resume([resultOf(three, json('c')), resultOf(one, json('a')), resultOf(two, json('b'))])
      t.strictSame(driver.outcome, { status: 'ok', output: ['a', 'b', 'c'] })
    },
  },
  {
    name: 'X05 a gather that receives one result at a time polls without calls',
    async check(t, mode) {
      const driver = new CallDriver(
        mode,
        define(() => gatherCalls('a', [1, 2, 3])),
      )
      await driver.begin()
      const [one, two, three] = driver.poll.calls as [Call, Call, Call]
      await driver.resume([resultOf(two, json('b'))])
      t.match(driver.poll, { calls: [], minResults: 2, maxResults: 2 })
      await driver.resume([resultOf(one, json('a'))])
      t.match(driver.poll, { calls: [], minResults: 1, maxResults: 1 })
      await driver.resume([resultOf(three, json('c'))])
      t.strictSame(driver.outcome, { status: 'ok', output: ['a', 'b', 'c'] })
    },
  },
  {
    name: 'X06 an empty PollResult is followed by a poll without calls',
    async check(t, mode) {
      const driver = new CallDriver(
        mode,
        define(() => awaitCall('a')),
      )
      await driver.begin()
      const call = onlyCall(driver.poll.calls)
      await driver.resume()
      t.match(driver.poll, { calls: [], minResults: 1 })
      await driver.resume([resultOf(call, json('late'))])
      t.strictSame(driver.outcome, { status: 'ok', output: 'late' })
    },
  },
  {
    name: 'X07 a result with an unknown correlation id is ignored',
    async check(t, mode) {
      const driver = new CallDriver(
        mode,
        define(() => awaitCall('a')),
      )
      await driver.begin()
      const call = onlyCall(driver.poll.calls)
      const strangers = [0n, 1n, call.correlationId + 1n, call.correlationId ^ (1n << 40n), 2n ** 64n - 1n]
      await driver.resume(
        strangers.map((correlationId) => create(CallResultSchema, { correlationId, output: json('wrong') })),
      )
      t.match(driver.poll, { calls: [], minResults: 1 })
      await driver.resume([resultOf(call, json('right'))])
      t.strictSame(driver.outcome, { status: 'ok', output: 'right' })
    },
  },
  {
    name: 'X08 a result that is delivered twice counts once',
    async check(t, mode) {
      const driver = new CallDriver(
        mode,
        define(() => seq('a', 'b')),
      )
      await driver.begin()
      const a = onlyCall(driver.poll.calls)
      await driver.resume([resultOf(a, json(1)), resultOf(a, json('again'))])
      const b = onlyCall(driver.poll.calls)
      await driver.resume([resultOf(a, json('still'))])
      t.same(driver.poll.calls, [])
      await driver.resume([failedResultOf(a, 'failed after all'), resultOf(b, json(2))])
      t.strictSame(driver.outcome, { status: 'ok', output: [1, 2] })
    },
  },
  {
    name: 'X09 a gather fails with its first failure, while others are pending',
    async check(t, mode) {
      const driver = new CallDriver(
        mode,
        define(() => gatherCalls('a', [1, 2, 3])),
      )
      await driver.begin()
      await driver.resume([failedResultOf(driver.poll.calls[1] as Call, 'boo')])
      t.strictSame(driver.outcome, { status: 'permanent', error: 'ValueError: boo' })
    },
  },
  {
    name: 'X10 a late result of a failed gather is ignored',
    async check(t, mode) {
      const driver = new CallDriver(
        mode,
        define(async () => {
          const failure = await gatherCalls('a', [1, 2]).catch((error: Error) => error.message)
          return [failure, await awaitCall('b')]
        }),
      )
      await driver.begin()
      const [one, two] = driver.poll.calls as [Call, Call]
      await driver.resume([failedResultOf(one, 'boo')])
      const b = onlyCall(driver.poll.calls)
      t.match(driver.poll, { minResults: 1, maxResults: 1 })
      await driver.resume([resultOf(two, json('late'))])
      t.same(driver.poll.calls, [])
      await driver.resume([failedResultOf(two, 'later'), resultOf(b, json('b'))])
      t.strictSame(driver.outcome, { status: 'ok', output: ['boo', 'b'] })
    },
  },
  {
    name: 'X11 any takes the first success and does not need the others',
    async check(t, mode) {
      const names = ['a', 'b', 'c', 'd']
      const driver = new CallDriver(
        mode,
        define(() => Promise.any(names.map((name) => awaitCall(name)))),
      )
      await driver.begin()
      const [a, b] = driver.poll.calls as [Call, Call]
      t.equal(driver.poll.minResults, 1)
      await driver.resume([failedResultOf(a, 'boo')])
      await driver.resume([resultOf(b, json('b'))])
      t.strictSame(driver.outcome, { status: 'ok', output: 'b' })
    },
  },
  {
    name: 'X12 any of four that all fail rejects with the four errors in order',
    async check(t, mode) {
      const driver = new CallDriver(
        mode,
        define(async () => {
          const names = ['a', 'b', 'c', 'd']
          const error = await Promise.any(names.map((name) => awaitCall(name))).catch((it) => it)
          return (error as AggregateError).errors.map((inner: Error) => inner.message)
        }),
      )
      await driver.begin()
      const [a, b, c, d] = driver.poll.calls as [Call, Call, Call, Call]
      await driver.resume([failedResultOf(d, 'd'), failedResultOf(b, 'b')])
      await driver.resume([failedResultOf(c, 'c'), failedResultOf(a, 'a')])
      t.strictSame(driver.outcome, { status: 'ok', output: ['a', 'b', 'c', 'd'] })
    },
  },
  {
    name: 'X13 any of one that fails rejects with an AggregateError of that one error, as Promise.any does',
    async check(t, mode) {
      const driver = new CallDriver(
        mode,
        define(async () => {
          const error = await Promise.any([awaitCall('a')]).catch((it: AggregateError) => it)
          return [
            (error as Error).name,
            ...(error as AggregateError).errors.map((inner: Error) => inner.message),
          ]
        }),
      )
      await driver.begin()
      await driver.resume([failedResultOf(onlyCall(driver.poll.calls), 'boo')])
      t.strictSame(driver.outcome, { status: 'ok', output: ['AggregateError', 'boo'] })
    },
  },
  {
    name: 'X14 race takes the first completion, a success',
    async check(t, mode) {
      const driver = new CallDriver(
        mode,
        define(() => Promise.race([awaitCall('a'), awaitCall('b')])),
      )
      await driver.begin()
      await driver.resume([resultOf(driver.poll.calls[1] as Call, json('b'))])
      t.strictSame(driver.outcome, { status: 'ok', output: 'b' })
    },
  },
  {
    name: 'X14 race takes the first completion, a failure',
    async check(t, mode) {
      const driver = new CallDriver(
        mode,
        define(() => Promise.race([awaitCall('a'), awaitCall('b')])),
      )
      await driver.begin()
      await driver.resume([failedResultOf(driver.poll.calls[1] as Call, 'boo')])
      t.strictSame(driver.outcome, { status: 'permanent', error: 'ValueError: boo' })
    },
  },
  {
    name: 'X15 a gather of no calls resolves at once',
    async check(t, mode) {
      const driver = new CallDriver(
        mode,
        define(() => gatherCalls('a', [])),
      )
      await driver.begin()
      t.strictSame(driver.outcome, { status: 'ok', output: [] })
    },
  },
  {
    name: 'X16 gathers may be nested',
    async check(t, mode) {
      const driver = new CallDriver(
        mode,
        define(() => Promise.all([gatherCalls('x', ['a', 'b']), awaitCall('c')])),
      )
      await driver.begin()
      const [a, b, c] = driver.poll.calls as [Call, Call, Call]
      t.equal(driver.poll.minResults, 1)
      await driver.resume([resultOf(c, json(3)), resultOf(b, json(2))])
      t.equal(driver.poll.minResults, 1)
      await driver.resume([resultOf(a, json(1))])
      t.strictSame(driver.outcome, { status: 'ok', output: [[1, 2], 3] })
    },
  },
  {
    name: 'X17 a graph of calls makes each call as soon as it can be made',
    async check(t, mode) {
      const driver = new CallDriver(
        mode,
        define(async () => {
          const first = await Promise.all([
            seq('a', 'e'),
            awaitCall('b'),
            Promise.all([awaitCall('c'), awaitCall('d')]),
          ])
          const f = await awaitCall('f')
          return [first, f, await Promise.all([awaitCall('g'), awaitCall('h')])]
        }),
      )
      const polls: string[][] = []
      const ids = new Set<bigint>()
      await driver.begin()
      while (driver.outcome === 'poll') {
        const { calls } = driver.poll
        polls.push(namesOf(calls))
        for (const call of calls) ids.add(call.correlationId)
        await driver.resume(calls.map((call) => resultOf(call, json(call.function))))
      }
      t.strictSame(polls, [['a', 'b', 'c', 'd'], ['e'], ['f'], ['g', 'h']])
      t.equal(ids.size, 8)
      t.strictSame(driver.outcome, {
        status: 'ok',
        output: [[['a', 'e'], 'b', ['c', 'd']], 'f', ['g', 'h']],
      })
    },
  },
  {
    name: 'X18 a refused poll fails the calls that it added, and no others',
    async check(t, mode) {
      const driver = new CallDriver(
        mode,
        define(() =>
          Promise.all([
            awaitCall('a'),
            awaitCall('b'),
            seq('c', 'd').catch((error: Error) => `refused: ${error.message}`),
          ]),
        ),
      )
      await driver.begin()
      const [a, b, c] = driver.poll.calls as [Call, Call, Call]
      await driver.resume([resultOf(c, json('c'))])
      t.strictSame(namesOf(driver.poll.calls), ['d'])
      await driver.resume([], errorOf('too many calls', 'Error'))
      t.same(driver.poll.calls, [])
      await driver.resume([resultOf(a, json('a'))])
      await driver.resume([resultOf(b, json('b'))])
      t.strictSame(driver.outcome, { status: 'ok', output: ['a', 'b', 'refused: too many calls'] })
    },
  },
  {
    name: 'X19 a result with an output and an error is an error, which keeps the output',
    async check(t, mode) {
      const driver = new CallDriver(
        mode,
        define(() => awaitCall('a')),
      )
      await driver.begin()
      const call = onlyCall(driver.poll.calls)
      await driver.resume([
        create(CallResultSchema, { ...failedResultOf(call, 'boo'), output: encodeValue('partial') as Any }),
      ])
      t.strictSame(driver.outcome, { status: 'permanent', error: 'ValueError: boo', output: 'partial' })
    },
  },
  {
    name: 'X20 a result with neither an output nor an error resolves with undefined',
    async check(t, mode) {
      const driver = new CallDriver(
        mode,
        define(async () => [typeof (await awaitCall('a'))]),
      )
      await driver.begin()
      await driver.resume([resultOf(onlyCall(driver.poll.calls))])
      t.strictSame(driver.outcome, { status: 'ok', output: ['undefined'] })
    },
  },
  {
    name: 'X21 a gather of 1001 calls sends at most 1000 at a time',
    async check(t, mode) {
      const inputs = Array.from({ length: 1001 }, (_, index) => index)
      const driver = new CallDriver(
        mode,
        define(() => gatherCalls('a', inputs)),
      )
      await driver.begin()
      const first = driver.poll
      t.equal(first.calls.length, 1000)
      t.equal(first.maxResults, 1000)
      t.equal(first.minResults, 1)
      t.equal(first.moreCalls, mode.keepsJournal)
      await driver.resume([resultOf(first.calls[0] as Call, json(0))])
      const second = driver.poll
      t.equal(second.calls.length, 1)
      t.equal(second.minResults, 1000)
      t.notOk(second.moreCalls)
      const rest = [...first.calls.slice(1), ...second.calls]
      await driver.resume(rest.map((call) => resultOf(call, call.input)))
      t.strictSame(driver.outcome, { status: 'ok', output: inputs })
    },
  },
  {
    name: 'X22 correlation ids use all 64 bits',
    async check(t, mode) {
      const driver = new CallDriver(
        mode,
        define(() => seq('a', 'b')),
        {
          randomBytes: (count) => new Uint8Array(count).fill(0xff),
        },
      )
      await driver.begin()
      const a = onlyCall(driver.poll.calls)
      t.equal(a.correlationId, 0xffff_ffff_0000_0001n)
      await driver.resume([resultOf(a, json(1))])
      await driver.resume([resultOf(onlyCall(driver.poll.calls), json(2))])
      t.strictSame(driver.outcome, { status: 'ok', output: [1, 2] })
    },
  },
  {
    name: 'X24 a restarted process continues where the previous one stopped',
    async check(t, mode) {
      const driver = new CallDriver(
        mode,
        define(() => seq('a', 'b')),
      )
      await driver.begin()
      driver.restartProcess()
      await driver.resume([resultOf(onlyCall(driver.poll.calls), json(1))])
      driver.restartProcess()
      await driver.resume([resultOf(onlyCall(driver.poll.calls), json(2))])
      t.strictSame(driver.outcome, { status: 'ok', output: [1, 2] })
    },
  },
  {
    name: 'X25 a handler that returns a tail call is continued by that call',
    async check(t, mode) {
      const driver = new CallDriver(
        mode,
        define((input) => createTailCall(callOf('f', input))),
      )
      const response = await driver.begin('i')
      t.equal(response.status, codeOfStatus('ok'))
      t.match(response.directive, { case: 'exit', value: { tailCall: { function: 'f', input: json('i') } } })
      t.equal(response.directive.case === 'exit' && response.directive.value.result, undefined)
    },
  },
  {
    name: 'X25 a handler that throws a tail call after an await is continued by that call',
    async check(t, mode) {
      const handler = async () => {
        throw createTailCall(callOf('f', await awaitCall('a')))
      }
      const driver = new CallDriver(mode, define(handler))
      await driver.begin()
      const response = await driver.resume([resultOf(onlyCall(driver.poll.calls), json('i'))])
      t.equal(response.status, codeOfStatus('ok'))
      t.match(response.directive, { case: 'exit', value: { tailCall: { function: 'f', input: json('i') } } })
    },
  },
  {
    name: 'X26 a call to a function of the same endpoint names no endpoint',
    async check(t, mode) {
      const driver = new CallDriver(
        mode,
        define(() => awaitCall('a')),
      )
      await driver.begin()
      t.equal(onlyCall(driver.poll.calls).endpoint, '')
    },
  },
  {
    name: 'X27 two concurrent resumes of one state are both answered',
    async check(t, mode) {
      const driver = new CallDriver(
        mode,
        define(() => seq('a', 'b')),
      )
      await driver.begin()
      const result = resultOf(onlyCall(driver.poll.calls), json(1))
      await Promise.all([driver.resume([result]), driver.resume([result])])
      // This driver has recorded both; a scheduler accepts one response.
      driver.journal.entries.length = Math.min(driver.journal.entries.length, 2)
      await driver.resume([resultOf(onlyCall(driver.poll.calls), json(2))])
      t.strictSame(driver.outcome, { status: 'ok', output: [1, 2] })
    },
  },
  {
    name: 'E16 a handler that returns nothing ends with ok',
    async check(t, mode) {
      const driver = new CallDriver(
        mode,
        define(() => undefined),
      )
      await driver.begin()
      t.strictSame(driver.outcome, { status: 'ok' })
    },
  },
  {
    name: 'E17 R22 a thrown error is reported by type, message and stack trace, and never by value',
    async check(t, mode) {
      const handler = () => {
        throw new DispatchError('invalid_argument', 'count: expected 1 or more, got 0')
      }
      const driver = new CallDriver(mode, define(handler))
      const error = errorIn(await driver.begin())
      t.strictSame(driver.outcome, {
        status: 'invalid_argument',
        error: 'InvalidArgumentError: count: expected 1 or more, got 0',
      })
      t.match(Buffer.from(error?.traceback ?? []).toString(), /conformance/)
      t.equal(error?.value.length, 0)
    },
  },
  {
    name: 'E22 a first run that is received twice is carried out twice',
    async check(t, mode) {
      const driver = new CallDriver(
        mode,
        define(() => seq('a')),
      )
      await Promise.all([driver.begin(), driver.begin()])
      driver.journal.entries.length = Math.min(driver.journal.entries.length, 1)
      await driver.begin()
      await driver.resume([resultOf(onlyCall(driver.poll.calls), json(1))])
      t.strictSame(driver.outcome, { status: 'ok', output: [1] })
    },
  },
  {
    name: 'R21 the failure of a call is reported with its message, and is permanent when it is rethrown',
    async check(t, mode) {
      const driver = new CallDriver(
        mode,
        define(() => awaitCall('a')),
      )
      await driver.begin()
      await driver.resume([failedResultOf(onlyCall(driver.poll.calls), 'boo')])
      t.strictSame(driver.outcome, { status: 'permanent', error: 'ValueError: boo' })
    },
  },
]

function errorIn(response: RunResponse) {
  return response.directive.case === 'exit' ? response.directive.value.result?.error : undefined
}

t.plan(CASES.length * MODES.length)
for (const { name, check } of CASES) {
  for (const mode of MODES) t.test(`${name} (${mode.name})`, (t) => check(t, mode))
}
