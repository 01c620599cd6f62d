import { cp } from 'node:fs/promises'
import { createServer, get, type IncomingMessage } from 'node:http'
import type { AddressInfo } from 'node:net'
import { join } from 'node:path'
import { pathToFileURL } from 'node:url'
import {
  codeOfStatus,
  DispatchError,
  ERRORS,
  type FailureStatus,
  isRetryable,
  NotFoundError,
  retryAfterMsOf,
  STATUSES,
  statusOfHttp,
  ThrottledError,
  TimeoutError,
} from '@dispatch/protocol'
import { UnaryError } from '@dispatch/protocol/connect'
import t from 'tap'

const FAILURES = (Object.keys(STATUSES) as (keyof typeof STATUSES)[]).filter(
  (status): status is FailureStatus => status !== 'ok',
)

/** A second copy of the package, as an application with two versions of it has. */
const copyPath = t.testdir()
await cp(new URL('.', import.meta.resolve('@dispatch/protocol')), copyPath, { recursive: true })
const copy = (await import(
  pathToFileURL(join(copyPath, 'index.js')).href
)) as typeof import('@dispatch/protocol')

t.test('R01 an HTTP status code has the same status in every SDK', async (t) => {
  const cases: (readonly [number, number | undefined])[] = [
    ...([
      [100, 7],
      [200, 1],
      [202, 1],
      [307, 7],
      [400, 4],
      [401, 13],
      [403, 14],
      [404, 15],
      [405, 7],
    ] as const),
    ...([
      [408, 2],
      [429, 3],
      [500, 6],
      [501, 7],
      [502, 6],
      [503, 6],
      [504, 6],
    ] as const),
    ...([
      [0, undefined],
      [9999, undefined],
      [600, undefined],
      [99, undefined],
      [200.5, undefined],
    ] as const),
    [Number.NaN, undefined],
  ]
  for (const [httpStatus, want] of cases) {
    const status = statusOfHttp(httpStatus)
    t.equal(status && codeOfStatus(status), want, String(httpStatus))
  }
})

t.test('R18 each of the 14 named errors has its own status', async (t) => {
  t.strictSame(Object.keys(ERRORS).sort(), FAILURES.map((status) => STATUSES[status].errorName).sort())
  t.equal(Object.keys(ERRORS).length, 14)
  for (const status of FAILURES) {
    const Named = ERRORS[STATUSES[status].errorName]
    const error = new Named('boo', { cause: 'x', retryAfterMs: 5 })
    t.match(error, { status, message: 'boo', cause: 'x', retryAfterMs: 5, name: Named.name })
    t.equal(Named.name, STATUSES[status].errorName)
    t.equal(Named.status, status)
    t.match(String(error.stack), `${Named.name}: boo`)
  }
})

t.test('a named error is an instance of what it is, and of nothing else', async (t) => {
  class PaymentError extends DispatchError {}
  class CardThrottledError extends ThrottledError {}
  const throttled = new ThrottledError('boo')
  const plain = new DispatchError('throttled', 'boo')
  const cases = [
    { name: 'a named error is a DispatchError', value: throttled, type: DispatchError, want: true },
    { name: 'a named error is an Error', value: throttled, type: Error, want: true },
    { name: 'a named error is one of its name', value: throttled, type: ThrottledError, want: true },
    { name: 'a named error is none of another name', value: throttled, type: NotFoundError, want: false },
    {
      name: 'a DispatchError is one of the name of its status',
      value: plain,
      type: ThrottledError,
      want: true,
    },
    { name: 'a DispatchError is none of another name', value: plain, type: TimeoutError, want: false },
    { name: 'an Error is no named error', value: new Error('boo'), type: ThrottledError, want: false },
    { name: 'null is no named error', value: null, type: ThrottledError, want: false },
    { name: 'a DispatchError is no UnaryError', value: plain, type: UnaryError, want: false },
    {
      name: 'a UnaryError is a DispatchError',
      value: new UnaryError('internal', ''),
      type: DispatchError,
      want: true,
    },
    { name: 'a DispatchError is none of a subclass', value: plain, type: PaymentError, want: false },
    {
      name: 'a subclass is a DispatchError',
      value: new PaymentError('dns', ''),
      type: DispatchError,
      want: true,
    },
    { name: 'a subclass is itself', value: new PaymentError('dns', ''), type: PaymentError, want: true },
    {
      name: 'a named error is not an instance of a subclass of it',
      value: throttled,
      type: CardThrottledError,
      want: false,
    },
    {
      name: 'a subclass of a named error is one',
      value: new CardThrottledError(''),
      type: ThrottledError,
      want: true,
    },
    {
      name: 'another copy, named',
      value: new copy.ThrottledError(''),
      type: ThrottledError,
      want: true,
    },
    { name: 'another copy, by status', value: plain, type: copy.ThrottledError, want: true },
    {
      name: 'another copy, base',
      value: new copy.ThrottledError(''),
      type: DispatchError,
      want: true,
    },
  ]
  t.not(copy.ThrottledError, ThrottledError)
  t.not(copy.DispatchError, DispatchError)
  for (const { name, value, type, want } of cases) t.equal(value instanceof type, want, name)
})

t.test('a DispatchError is made with a failure status only', async (t) => {
  for (const status of ['ok', 'nope', 'constructor', undefined]) {
    t.throws(() => new DispatchError(status as FailureStatus, 'boo'), TypeError, String(status))
  }
})

t.test('an invalid delay is ignored', async (t) => {
  for (const retryAfterMs of [Number.NaN, Number.POSITIVE_INFINITY, -1, '5' as unknown as number]) {
    t.equal(new DispatchError('throttled', 'boo', { retryAfterMs }).retryAfterMs, undefined)
  }
  t.equal(new DispatchError('throttled', 'boo', { retryAfterMs: 0 }).retryAfterMs, 0)
})

t.test('an error is retryable if its status is', async (t) => {
  t.strictSame(
    FAILURES.filter((status) => isRetryable(new DispatchError(status, ''))),
    ['timeout', 'throttled', 'temporary', 'incompatible_state', 'dns', 'tcp', 'tls', 'http'],
  )
})

t.test('Retry-After is read in both its forms', async (t) => {
  const nowMs = Date.parse('Sun, 06 Nov 1994 08:49:30 GMT')
  const cases = [
    { value: '0', want: 0 },
    { value: ' 120 ', want: 120_000 },
    { value: '1.5', want: 1500 },
    { value: 'Sun, 06 Nov 1994 08:49:37 GMT', want: 7000 },
    { value: 'Sunday, 06-Nov-94 08:49:37 GMT', want: 7000 },
    { value: 'Sun Nov  6 08:49:37 1994 GMT', want: 7000 },
    { value: 'Sun, 06 Nov 1994 08:49:00 GMT', want: 0 },
    { value: '-1', want: undefined },
    { value: '', want: undefined },
    { value: '1e3', want: undefined },
    { value: '99999999999', want: undefined },
    { value: '2030-01-01', want: undefined },
    { value: 'soon', want: undefined },
    { value: null, want: undefined },
    { value: undefined, want: undefined },
  ]
  for (const { value, want } of cases) t.equal(retryAfterMsOf(value, nowMs), want, String(value))
})

t.test('DispatchError.from reads the responses of any client', async (t) => {
  const nowMs = Date.parse('Sun, 06 Nov 1994 08:49:30 GMT')
  const date = 'Sun, 06 Nov 1994 08:49:37 GMT'
  const cases = [
    {
      name: 'fetch, seconds',
      response: new Response(null, { status: 429, headers: { 'retry-after': '3' } }),
      want: {
        status: 'throttled',
        retryAfterMs: 3000,
        message: 'HTTP 429 Too Many Requests',
        name: 'ThrottledError',
      },
    },
    {
      name: 'fetch, a date',
      response: new Response(null, { status: 503, headers: { 'Retry-After': date } }),
      want: { status: 'temporary', retryAfterMs: 7000 },
    },
    {
      name: 'undici',
      response: { statusCode: 404, headers: { 'Retry-After': '1' } },
      want: { status: 'not_found', retryAfterMs: 1000 },
    },
    {
      name: 'several values',
      response: { statusCode: 429, headers: { 'retry-after': ['2', '9'] } },
      want: { status: 'throttled', retryAfterMs: 2000 },
    },
    {
      name: 'no headers',
      response: { statusCode: 400 },
      want: { status: 'invalid_argument', retryAfterMs: undefined },
    },
    { name: 'a redirect', response: { status: 302, headers: {} }, want: { status: 'permanent' } },
    {
      name: 'no HTTP status code',
      response: { status: 9999 },
      want: { status: 'permanent', message: 'HTTP 9999' },
    },
    {
      name: 'where it came from, without secrets',
      response: { status: 500, url: 'https://me:secret@api.example:8443/pay?token=secret#x' },
      want: { message: 'HTTP 500 Internal Server Error from https://api.example:8443/pay' },
    },
    {
      name: 'a relative URL',
      response: { statusCode: 500, url: '/pay' },
      want: { message: 'HTTP 500 Internal Server Error' },
    },
  ]
  for (const { name, response, want } of cases) {
    const error = DispatchError.from(response, { nowMs })
    t.match(error, want, name)
    t.ok(error instanceof DispatchError, name)
  }
  t.match(DispatchError.from({ status: 500 }, { message: 'no luck', cause: 1 }), {
    message: 'no luck',
    cause: 1,
  })
})

t.test('DispatchError.from reads a response of node:http', async (t) => {
  const server = createServer((_request, response) => response.writeHead(429, { 'retry-after': '4' }).end())
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
  t.teardown(() => server.close())
  const { port } = server.address() as AddressInfo
  const response = await new Promise<IncomingMessage>((resolve) => get({ port, host: '127.0.0.1' }, resolve))
  response.resume()
  t.match(DispatchError.from(response), { status: 'throttled', retryAfterMs: 4000 })
})

t.test('DispatchError.from of a success, or of nothing, is a mistake', async (t) => {
  for (const response of [{ status: 200 }, { statusCode: 204 }, new Response('x')]) {
    t.throws(() => DispatchError.from(response), { name: 'TypeError', message: /success/ })
  }
  for (const response of [{}, null, undefined, { status: '500' }]) {
    t.throws(() => DispatchError.from(response as { status: number }), {
      name: 'TypeError',
      message: /expected an HTTP/,
    })
  }
})
