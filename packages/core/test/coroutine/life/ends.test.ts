// What becomes of the steps of a handler that has ended, or whose call has.

import { CanceledError, createEndOfCall, TimeoutError } from '@dispatch/protocol'
import { type Call, create, RunRequestSchema, timestampFromMs } from '@dispatch/protocol/messages'
import { decodeValue } from '@dispatch/protocol/values'
import t from 'tap'
import type { FunctionDefinition } from '../../../dist/coroutine/definition/function-definition.js'
import { type Coroutine, currentCoroutine } from '../../../dist/coroutine/index.js'
import {
  awaitCall,
  CallDriver,
  callOf,
  createRunner,
  define,
  firstCall,
  fromJson,
  inEachMode,
  json,
  modeOf,
  resultOf,
  turn,
} from '../../helpers/coroutine-driver.js'

const WARM = modeOf(true, true)

const stepOf = (name: string, input?: unknown) =>
  (currentCoroutine() as Coroutine).await(callOf(name, input), decodeValue)

async function turns(count: number): Promise<void> {
  for (let n = 0; n < count; n++) await turn()
}

/** Collects what is logged as an error. */
function createLog() {
  const logged: string[] = []
  const ignore = () => undefined
  const logger = {
    debug: ignore,
    info: ignore,
    warn: ignore,
    error: (_: object, message: string) => logged.push(message),
  }
  return { logger, logged }
}

const forgetful: { name: string; handler: FunctionDefinition['handler']; message: RegExp }[] = [
  {
    name: 'a call that nothing awaits',
    handler: async () => {
      void stepOf('email', 'user')
      return 'x'
    },
    message:
      /^ForgottenAwaitError: function 'main' returned after it had begun step 1, a call of 'email', which was not/,
  },
  {
    name: 'calls in forEach',
    handler: async () => {
      ;[1, 2].forEach(async (item) => {
        await stepOf('save', item)
      })
      return 'all saved'
    },
    message: /step 1, a call of 'save', which was not carried out/,
  },
  {
    name: 'a sleep that nothing awaits',
    handler: async (_input, call) => {
      void (call as { sleep: (ms: number) => Promise<void> }).sleep(50)
      return 'x'
    },
    message: /step 1, a sleep, which was not/,
  },
  {
    name: 'a race that is won in the turn in which a call loses it',
    handler: () => Promise.race([stepOf('slow'), Promise.resolve('quick')]),
    message: /step 1, a call of 'slow', which was not/,
  },
]

for (const { name, handler, message } of forgetful) {
  t.test(`a function that returns and has forgotten to await ends with permanent: ${name}`, async (t) => {
    const { logger, logged } = createLog()
    const driver = new CallDriver(WARM, define(handler), { logger })
    await driver.begin()
    t.match(driver.outcome, { status: 'permanent', error: message })
    t.equal(logged.length, 1)
  })
}

inEachMode(t, 'a call that was sent and that nothing awaits is forgotten too', async (t, mode) => {
  const handler = async () => {
    void stepOf('email', 'user')
    return await awaitCall('b')
  }
  const driver = new CallDriver(mode, define(handler))
  await driver.begin()
  const [email, b] = driver.poll.calls as [Call, Call]
  await driver.resume([resultOf(email), resultOf(b, json('b'))])
  t.match(driver.outcome, {
    status: 'permanent',
    error: /step 1, a call of 'email', and never awaited its result/,
  })
})

inEachMode(t, 'the loser of a race that was sent is not forgotten', async (t, mode) => {
  const driver = new CallDriver(
    mode,
    define(() => Promise.race([awaitCall('slow'), awaitCall('quick')])),
  )
  await driver.begin()
  await driver.resume([resultOf(driver.poll.calls[1] as Call, json('quick'))])
  t.strictSame(driver.outcome, { status: 'ok', output: 'quick' })
})

inEachMode(
  t,
  'a step that the losing branch began as the race was decided is not forgotten',
  async (t, mode) => {
    const branch = async () => {
      await awaitCall('a')
      return await awaitCall('b')
    }
    const driver = new CallDriver(
      mode,
      define(() => Promise.race([branch(), awaitCall('c')])),
    )
    await driver.begin()
    const [a, c] = driver.poll.calls as [Call, Call]
    await driver.resume([resultOf(a), resultOf(c, json('c'))])
    t.strictSame(driver.outcome, { status: 'ok', output: 'c' })
  },
)

inEachMode(t, 'calls in forEach are forgotten however many results arrived before', async (t, mode) => {
  const handler = async () => {
    const items = await Promise.all([awaitCall('a'), awaitCall('b')])
    items.forEach(async (item) => {
      await stepOf('save', item)
    })
    return 'all saved'
  }
  const driver = new CallDriver(mode, define(handler))
  await driver.begin()
  const [a, b] = driver.poll.calls as [Call, Call]
  await driver.resume([resultOf(a), resultOf(b)])
  t.match(driver.outcome, {
    status: 'permanent',
    error: /step 3, a call of 'save', which was not carried out/,
  })
})

t.test('a dispatch that nothing awaits is waited for, and is not forgotten', async (t) => {
  const dispatched: string[] = []
  const handler = async () => {
    void (currentCoroutine() as Coroutine).dispatch(callOf('email'))
    return 'x'
  }
  const dispatch = async (calls: readonly Call[]) => {
    await turns(3)
    dispatched.push(...calls.map((call) => call.function))
    return calls.map((call) => call.dispatchId)
  }
  const driver = new CallDriver(WARM, define(handler), { dispatch })
  await driver.begin()
  t.strictSame([dispatched, driver.outcome], [['email'], { status: 'ok', output: 'x' }])
})

t.test('a handler that has ended leaves nothing open: awaits, gathers and sleeps reject', async (t) => {
  const ends: string[] = []
  const note = (name: string, promise: Promise<unknown>) =>
    promise.catch((error: Error) => ends.push(`${name}: ${error.name}`))
  const handler = async (_input: never, call: { sleep: (ms: number) => Promise<void> }) => {
    const here = currentCoroutine() as Coroutine
    void note('await', stepOf('slow'))
    void note('gather', here.gather([callOf('slow'), callOf('slow')], fromJson))
    void note('sleep', call.sleep(60_000))
    return await awaitCall('quick')
  }
  const driver = new CallDriver(WARM, define(handler))
  await driver.begin()
  await driver.resume([resultOf(driver.poll.calls[3] as Call, json('done'))])
  t.strictSame(driver.outcome, { status: 'ok', output: 'done' })
  await turn()
  t.strictSame(ends, ['await: TypeError', 'gather: TypeError', 'sleep: TypeError'])
})

t.test(
  'a step that begins after the handler has returned rejects, and is logged as an error once',
  async (t) => {
    const { logger, logged } = createLog()
    let late: Promise<unknown> = Promise.resolve()
    const handler = async () => {
      const here = currentCoroutine() as Coroutine
      late = turns(2).then(() => here.await(callOf('save'), decodeValue))
      void late.catch(() => undefined)
      return 'done'
    }
    const driver = new CallDriver(WARM, define(handler), { logger })
    await driver.begin()
    await t.rejects(late, {
      name: 'TypeError',
      message: /^await of 'save': the function of call call-1 has already ended/,
    })
    t.match(logged, [/^await of 'save': the function of call call-1 has already ended/])
  },
)

const ways = [
  {
    name: 'cancelled',
    end: (driver: CallDriver) => driver.runner.endCall('call-1', createEndOfCall('canceled')),
    is: CanceledError,
  },
  {
    name: 'expired',
    end: (driver: CallDriver) => driver.runner.endCall('call-1', createEndOfCall('expired')),
    is: TimeoutError,
  },
]

for (const { name, end, is } of ways) {
  t.test(
    `a suspended handler whose call has ${name} rejects its steps once, and leaves the memory`,
    async (t) => {
      const seen: unknown[] = []
      let later: unknown
      const handler = async (
        _input: never,
        call: { signal: AbortSignal; sleep: (ms: number) => Promise<void> },
      ) => {
        call.signal.addEventListener('abort', () => seen.push(call.signal.reason))
        try {
          await Promise.all([awaitCall('a'), call.sleep(60_000)])
        } catch (error) {
          seen.push(error)
          later = await awaitCall('undo').catch((again) => again)
        } finally {
          seen.push('released')
        }
      }
      const driver = new CallDriver(WARM, define(handler))
      await driver.begin()
      t.equal(driver.runner.warmCount, 1)
      end(driver)
      end(driver)
      t.equal(driver.runner.warmCount, 0)
      await turns(3)
      t.equal(seen.length, 3)
      t.ok(seen[0] instanceof is)
      t.equal(seen[1], seen[0])
      t.equal(seen[2], 'released')
      t.equal(later, seen[0])
    },
  )
}

t.test('a suspended handler in memory rejects its steps when its call expires, without a run', async (t) => {
  let told: (error: unknown) => void = () => undefined
  const expired = new Promise((resolve) => {
    told = resolve
  })
  const runner = createRunner({ nowMs: Date.now })
  const request = create(RunRequestSchema, {
    function: 'main',
    dispatchId: 'expiring',
    directive: { case: 'input', value: json(1) },
    keepsJournal: true,
    expirationTime: timestampFromMs(Date.now() + 30),
  })
  const handler = () => awaitCall('a').catch(told)
  await runner.run(define(handler), request, new AbortController().signal)
  t.equal(runner.warmCount, 1)
  // The timer of the expiration does not keep the process alive.
  const alive = setInterval(() => undefined, 1_000)
  t.ok((await expired) instanceof TimeoutError)
  clearInterval(alive)
  t.equal(runner.warmCount, 0)
})

t.test('the awaits of a handler reject when its call is cancelled during a run', async (t) => {
  const controller = new AbortController()
  let caught: unknown
  const handler = async () => {
    const step = stepOf('a')
    controller.abort(createEndOfCall('canceled'))
    try {
      await step
    } catch (error) {
      caught = error
      throw error
    }
  }
  const driver = new CallDriver(WARM, define(handler))
  await driver.begin(undefined, controller.signal)
  t.ok(caught instanceof CanceledError)
  t.strictSame(driver.outcome, { status: 'permanent', error: 'CanceledError: the call was cancelled' })
})

t.test('an aborted run whose call continues elsewhere runs no catch block', async (t) => {
  let caught: unknown
  const driver = new CallDriver(
    WARM,
    define(() => awaitCall('a').catch((error) => (caught = error))),
  )
  await driver.begin()
  driver.runner.close('bye')
  await turns(3)
  t.equal(caught, undefined)
  await driver.resume([resultOf(firstCall(driver), json('a'))])
  t.strictSame(driver.outcome, { status: 'ok', output: 'a' })
})
