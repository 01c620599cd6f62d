import {
  createEmbeddedScheduler,
  createHttpTransport,
  createMemoryStore,
  createScheduler,
  createSchedulerHandler,
  createSqliteStore,
  RETRY_POLICY,
  serveScheduler,
} from '@dispatch/scheduler'
import t from 'tap'

type Make = (options: object) => unknown

const endpointOf = () => {
  throw new Error('nothing runs')
}
const makeScheduler: Make = (options) =>
  createScheduler({ store: createMemoryStore(), endpointOf, ...options })
const makeServed: Make = (options) => serveScheduler({ store: ':memory:', port: 0, ...options })
const makeEmbedded: Make = (options) =>
  createEmbeddedScheduler({ store: ':memory:', endpoint: endpointOf as never, endpointUrl: 'x', ...options })
const makeTransport: Make = (options) => createHttpTransport(options)
const makeHandler: Make = (options) =>
  createSchedulerHandler({ scheduler: { forTenant: endpointOf }, ...options })

const LIMITS = [
  'liveCallsMax',
  'liveBytesMax',
  'unacknowledgedCallsMax',
  'unacknowledgedBytesMax',
  'waitersMax',
  'cacheBytesMax',
  'runBytesMax',
]
const RUNNING = [...LIMITS, 'runMsMax', 'retentionMs']
const REQUESTS = ['requestsMax', 'requestBytesMax', 'bodyMsMax', 'answerMsMax', 'bodyBytesMax']

const MAKERS: { name: string; make: Make; numbers: readonly string[] }[] = [
  { name: 'createScheduler', make: makeScheduler, numbers: RUNNING },
  { name: 'createEmbeddedScheduler', make: makeEmbedded, numbers: LIMITS },
  { name: 'createSchedulerHandler', make: makeHandler, numbers: REQUESTS },
  {
    name: 'createHttpTransport',
    make: makeTransport,
    numbers: ['runMsMax', 'bodyBytesMax', 'runsPerRequestMax'],
  },
  {
    name: 'serveScheduler',
    make: makeServed,
    numbers: [...RUNNING, ...REQUESTS, 'runsPerRequestMax', 'port'],
  },
]

for (const { name, make, numbers } of MAKERS) {
  for (const option of numbers) {
    t.test(`${name}: ${option} outside its range, or not an integer, is refused by name`, async (t) => {
      const message = new RegExp(`^option ${option}: expected an integer from \\d+ to \\d+, got `)
      for (const value of ['30s', '5', Number.NaN, -1, 1.5, Number.POSITIVE_INFINITY, null]) {
        await t.rejects(async () => make({ [option]: value }), { name: 'TypeError', message }, String(value))
      }
    })
  }
}

const TIMERS = [
  { option: 'runMsMax', make: makeScheduler },
  { option: 'bodyMsMax', make: makeHandler },
  { option: 'answerMsMax', make: makeHandler },
]
for (const { option, make } of TIMERS) {
  t.test(`serveScheduler: ${option} cannot be longer than the longest timer`, async (t) => {
    await t.rejects(async () => makeServed({ [option]: 2 ** 31 }), {
      message: /^option \w+: .* 2147483647, /,
    })
    t.doesNotThrow(() => make({ [option]: 2 ** 31 - 1 }))
  })
}

const unknown = [
  { name: 'createScheduler', make: makeScheduler, option: 'retention', want: 'retentionMs' },
  { name: 'createEmbeddedScheduler', make: makeEmbedded, option: 'liveCallMax', want: 'liveCallsMax' },
  { name: 'createSchedulerHandler', make: makeHandler, option: 'apiKey', want: 'apiKeys' },
  { name: 'createHttpTransport', make: makeTransport, option: 'privateKey', want: 'signingKey' },
  { name: 'serveScheduler', make: makeServed, option: 'hostname', want: 'host' },
  {
    name: 'createSqliteStore',
    make: (options: object) => createSqliteStore({ path: 'x', ...options }),
    option: 'maxFileSize',
    want: 'fileBytesMax',
  },
]
for (const { name, make, option, want } of unknown) {
  t.test(`${name}: an option that does not exist is refused with the nearest one`, async (t) => {
    await t.rejects(async () => make({ [option]: 5 }), {
      name: 'TypeError',
      message: `${name}(options): expected ${want}, got the unknown option "${option}"`,
    })
  })
}

const stores = [
  { name: 'serveScheduler', place: 'option store', make: (store: string) => makeServed({ store }) },
  {
    name: 'createEmbeddedScheduler',
    place: 'option store',
    make: (store: string) => makeEmbedded({ store }),
  },
  {
    name: 'createSqliteStore',
    place: 'createSqliteStore(options).path',
    make: (path: string) => createSqliteStore({ path }),
  },
]
for (const { name, place, make } of stores) {
  t.test(`${name}: the URL of a store that does not exist is refused`, async (t) => {
    await t.rejects(async () => make('postgres://localhost/app'), {
      name: 'TypeError',
      message: `${place}: expected the path of a file, or :memory:, got "postgres://localhost/app"; there is only the SQLite store`,
    })
  })
}

t.test('an undefined option has its default', async (t) => {
  for (const { make, numbers } of MAKERS) {
    if (make === makeServed) continue
    t.doesNotThrow(() => make(Object.fromEntries(numbers.map((option) => [option, undefined]))))
  }
})

t.test('the retention may be longer than the longest timer, and the cache may be empty', async (t) => {
  t.doesNotThrow(() => makeScheduler({ retentionMs: 365 * 86_400_000, cacheBytesMax: 0 }))
})

t.test('an invalid field of a retry policy is refused by name', async (t) => {
  for (const part of Object.keys(RETRY_POLICY)) {
    t.throws(() => makeScheduler({ retryPolicy: { ...RETRY_POLICY, [part]: '5s' } }), {
      name: 'TypeError',
      message: new RegExp(`^option retryPolicy\\.${part}: expected an integer`),
    })
  }
  for (const retryPolicy of [5, null, { delayMsMin: 1 }]) {
    t.throws(() => makeScheduler({ retryPolicy }), {
      name: 'TypeError',
      message: /^option retryPolicy: expected .* without delayMsM/,
    })
  }
})

t.test('the maximum size of a file is refused unless it is an integer', async (t) => {
  t.throws(() => createSqliteStore({ path: 'x', fileBytesMax: '1 GB' as never }), {
    name: 'TypeError',
    message: /^option fileBytesMax: expected an integer/,
  })
})

t.test('an invalid signing key is refused, and does not switch signing off', async (t) => {
  for (const signingKey of ['', ' \n', null, 5, false]) {
    for (const make of [makeTransport, makeServed]) {
      await t.rejects(async () => make({ signingKey }), {
        name: 'TypeError',
        message: /^option signingKey: (wanted|expected) /,
      })
    }
  }
})

t.test('allowedEndpoints that is not an array is refused, and does not allow all endpoints', async (t) => {
  for (const allowedEndpoints of [null, '*', 'https://app.example.com']) {
    await t.rejects(
      async () => makeServed({ allowedEndpoints, host: '0.0.0.0', apiKeys: ['key-number-1'] }),
      {
        name: 'TypeError',
        message: /^option allowedEndpoints: expected a list/,
      },
    )
  }
})
