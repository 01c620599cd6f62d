import { setTimeout as delay } from 'node:timers/promises'
import {
  codeOfStatus,
  DispatchError,
  ERRORS,
  type FailureStatus,
  STATUSES,
  type Status,
  statusOfHttp,
  ThrottledError,
} from '@dispatch/protocol'
import { CONNECT_CODES, UnaryError } from '@dispatch/protocol/connect'
import { httpResponseValue } from '@dispatch/protocol/values'
import fc from 'fast-check'
import t from 'tap'
import {
  classify,
  createClassifier,
  errorType,
  outputType,
  statusOfOutput,
} from '../../dist/errors/classify.js'

/** An error like those of Node.js: plain, with a code. */
function withCode(code: string | number, more: object = {}): Error {
  return Object.assign(new Error('boo'), { code }, more)
}

function withName(name: string, options?: ErrorOptions): Error {
  return Object.assign(new Error('boo', options), { name })
}

/** The number of the status, as in the conformance cases. */
function codeOf(error: unknown): number {
  return codeOfStatus(classify(error).status)
}

t.test('an error of Node.js, undici or the web has the status of its code or name', async (t) => {
  const cases: { name: string; want: number; errors: unknown[] }[] = [
    {
      name: 'R02',
      want: 10,
      errors: ['ECONNREFUSED', 'ECONNRESET', 'EPIPE', 'EHOSTUNREACH'].map((code) => withCode(code)),
    },
    {
      name: 'R03',
      want: 9,
      errors: ['ENOTFOUND', 'EAI_AGAIN', 'EAI_FAIL', 'ETIMEOUT'].map((code) => withCode(code)),
    },
    {
      name: 'R04',
      want: 2,
      errors: [withCode('ETIMEDOUT'), withCode('UND_ERR_HEADERS_TIMEOUT'), withName('TimeoutError')],
    },
    {
      name: 'R05',
      want: 6,
      errors: [withName('AbortError'), withCode('ABORT_ERR'), withCode('UND_ERR_ABORTED')],
    },
    {
      name: 'R06',
      want: 11,
      errors: [
        'CERT_HAS_EXPIRED',
        'DEPTH_ZERO_SELF_SIGNED_CERT',
        'ERR_TLS_CERT_ALTNAME_INVALID',
        'CERT_NEW',
      ].map((code) => withCode(code)),
    },
    { name: 'R08', want: 6, errors: [withCode('EMFILE'), withCode('EAGAIN')] },
    { name: 'R09 EPERM', want: 14, errors: [withCode('EPERM')] },
    { name: 'R09 EACCES', want: 14, errors: [withCode('EACCES')] },
    { name: 'R09 ENOENT', want: 15, errors: [withCode('ENOENT')] },
    {
      name: 'R10',
      want: 7,
      errors: [
        new Error('boo'),
        new TypeError('boo'),
        new RangeError('boo'),
        'boo',
        undefined,
        null,
        1,
        {},
        withCode('NOPE'),
      ],
    },
    {
      name: 'an exact code precedes a prefix: a timeout of TLS',
      want: 2,
      errors: [withCode('ERR_TLS_HANDSHAKE_TIMEOUT')],
    },
    { name: 'an error of HTTP/2', want: 5, errors: [withCode('ERR_HTTP2_SESSION_ERROR')] },
    { name: 'a misuse of HTTP', want: 12, errors: [withCode('ERR_HTTP_HEADERS_SENT')] },
    {
      name: 'a peer that does not speak HTTP',
      want: 5,
      errors: [withCode('HPE_INVALID_CONSTANT'), withName('HTTPParserError')],
    },
    { name: 'an invalid argument', want: 4, errors: [withCode('ERR_INVALID_ARG_TYPE'), withCode('EINVAL')] },
    { name: 'a prefix of a code', want: 7, errors: [withCode('ECONN'), withCode('CERT'), withCode('')] },
    {
      name: 'a property of every object',
      want: 7,
      errors: [withCode('constructor'), withName('constructor')],
    },
  ]
  for (const { name, want, errors } of cases) {
    for (const error of errors) t.equal(codeOf(error), want, `${name} ${String((error as Error)?.name)}`)
  }
})

t.test('every system code of the table is recognised', async (t) => {
  for (const status of Object.keys(STATUSES) as Status[]) {
    for (const code of STATUSES[status].systemCodes) {
      t.equal(classify(withCode(code.replace('*', 'SOMETHING'))).status, status, code)
    }
  }
})

t.test('an aggregate has the status that all its errors have', async (t) => {
  const refused = withCode('ECONNREFUSED')
  const unreachable = withCode('ENETUNREACH')
  const timedOut = withCode('ETIMEDOUT')
  const cases = [
    { name: 'R11 two of one kind', error: new AggregateError([refused, refused]), want: 10 },
    { name: 'two codes of one status', error: new AggregateError([refused, unreachable]), want: 10 },
    { name: 'R12 two kinds', error: new AggregateError([refused, timedOut]), want: 7 },
    {
      name: 'two kinds, as Node.js throws them when a host has several addresses',
      error: Object.assign(new AggregateError([unreachable, timedOut]), { code: 'ENETUNREACH' }),
      want: 10,
    },
    { name: 'one unknown', error: new AggregateError([refused, new Error('boo')]), want: 7 },
    { name: 'nothing', error: new AggregateError([]), want: 7 },
    { name: 'nothing, with a cause', error: new AggregateError([], '', { cause: refused }), want: 10 },
    { name: 'aggregates', error: new AggregateError([new AggregateError([refused]), refused]), want: 10 },
  ]
  for (const { name, error, want } of cases) t.equal(codeOf(error), want, name)
  const throttled = (retryAfterMs: number) => new ThrottledError('', { retryAfterMs })
  t.strictSame(classify(new AggregateError([throttled(1000), throttled(3000), new ThrottledError('')])), {
    status: 'throttled',
    retryAfterMs: 3000,
  })
})

t.test('an error without a status of its own has that of its cause', async (t) => {
  const wrap = (cause: unknown, times: number): unknown =>
    times === 0 ? cause : wrap(new Error('wrapped', { cause }), times - 1)
  const circular = new Error('boo')
  circular.cause = circular
  const cases = [
    { name: 'R13 a DispatchError', error: wrap(new ThrottledError('boo'), 1), want: 3 },
    {
      name: 'fetch failed',
      error: new TypeError('fetch failed', { cause: withCode('ECONNREFUSED') }),
      want: 10,
    },
    {
      name: 'terminated',
      error: new TypeError('terminated', { cause: withCode('UND_ERR_SOCKET') }),
      want: 10,
    },
    { name: '14 levels down', error: wrap(withCode('ECONNREFUSED'), 14), want: 10 },
    { name: '15 levels down', error: wrap(withCode('ECONNREFUSED'), 15), want: 7 },
    { name: 'itself', error: circular, want: 7 },
    { name: 'the outer one first', error: withCode('ENOENT', { cause: withCode('ECONNREFUSED') }), want: 15 },
    { name: 'a cause that is not an error', error: wrap('ECONNREFUSED', 1), want: 7 },
    { name: 'a cause that is a plain object', error: wrap({ code: 'ECONNREFUSED' }, 1), want: 10 },
  ]
  for (const { name, error, want } of cases) t.equal(codeOf(error), want, name)
})

t.test('an abort has the status of its reason', async (t) => {
  const abortedFor = (reason?: unknown) => delay(60_000, undefined, { signal: AbortSignal.abort(reason) })
  const cases = [
    { name: 'no reason', reason: undefined, want: 6 },
    { name: 'a reason without a status', reason: new Error('changed my mind'), want: 6 },
    { name: 'a timeout', reason: new DOMException('late', 'TimeoutError'), want: 2 },
    { name: 'a DispatchError', reason: new ThrottledError('boo'), want: 3 },
  ]
  for (const { name, reason, want } of cases) {
    const error = await abortedFor(reason).then(
      () => t.fail('not aborted'),
      (error: unknown) => error,
    )
    t.match(error, { name: 'AbortError' })
    t.equal(codeOf(error), want, name)
  }
})

t.test('an error with an HTTP status code has the status of that code', async (t) => {
  const nowMs = () => Date.parse('Sun, 06 Nov 1994 08:49:30 GMT')
  const { classify } = createClassifier({ nowMs })
  const cases = [
    { name: 'statusCode', error: { statusCode: 503 }, want: { status: 'temporary' } },
    { name: 'status', error: { status: 401 }, want: { status: 'unauthenticated' } },
    { name: 'response.status', error: { response: { status: 404 } }, want: { status: 'not_found' } },
    { name: 'response.statusCode', error: { response: { statusCode: 408 } }, want: { status: 'timeout' } },
    {
      name: 'axios',
      error: {
        code: 'ERR_BAD_REQUEST',
        response: { status: 429, headers: new Headers({ 'retry-after': '2' }) },
      },
      want: { status: 'throttled', retryAfterMs: 2000 },
    },
    {
      name: 'a Retry-After date',
      error: { statusCode: 503, headers: { 'Retry-After': 'Sun, 06 Nov 1994 08:49:37 GMT' } },
      want: { status: 'temporary', retryAfterMs: 7000 },
    },
    {
      name: 'the response before the error',
      error: { status: 500, response: { status: 429 } },
      want: { status: 'throttled' },
    },
    { name: 'a successful response', error: { status: 200, code: 'ECONNRESET' }, want: { status: 'tcp' } },
    { name: 'a successful response and nothing else', error: { status: 200 }, want: { status: 'permanent' } },
    { name: 'another number', error: { status: 9999, code: 'ENOENT' }, want: { status: 'not_found' } },
    { name: 'a string', error: { status: '503' }, want: { status: 'permanent' } },
    { name: 'no response', error: { response: null, code: 'ENOTFOUND' }, want: { status: 'dns' } },
  ]
  for (const { name, error, want } of cases) {
    t.strictSame(classify(Object.assign(new Error('boo'), error)), want, name)
  }
})

t.test('an error that was made by DispatchError.from keeps its delay', async (t) => {
  const error = DispatchError.from({ status: 429, headers: { 'retry-after': '3' } })
  t.strictSame(classify(error), { status: 'throttled', retryAfterMs: 3000 })
  t.strictSame(classify(new Error('boo', { cause: error })), { status: 'throttled', retryAfterMs: 3000 })
})

t.test('R17 an error of Connect or gRPC has the status of its code', async (t) => {
  const codes = Object.keys(CONNECT_CODES) as (keyof typeof CONNECT_CODES)[]
  const want = [2, 6, 4, 2, 15, 7, 14, 3, 7, 7, 4, 15, 6, 6, 7, 13]
  t.strictSame(
    codes.map((code) => codeOf(withCode(code))),
    want,
    'as strings',
  )
  t.strictSame(
    codes.map((_code, i) => codeOf(withCode(i + 1, { name: 'ConnectError' }))),
    want,
    'of connect-es',
  )
  t.strictSame(
    codes.map((_code, i) => codeOf(withCode(i + 1, { details: 'x', metadata: {} }))),
    want,
    'of grpc-js',
  )
  t.equal(codeOf(withCode(14)), 7, 'any number')
  t.equal(codeOf(withCode(99, { name: 'ConnectError' })), 7, 'a number that is not one of gRPC')
  t.equal(codeOf(new DOMException('boo', 'NotFoundError')), 7, 'the number of a DOMException')
  t.equal(codeOf(new UnaryError('resource_exhausted', 'boo')), 3, 'a UnaryError')
})

t.test('R18 each of the 14 named errors has its own status', async (t) => {
  const names = Object.keys(ERRORS) as (keyof typeof ERRORS)[]
  t.equal(names.length, 14)
  for (const name of names) t.equal(classify(new ERRORS[name]('boo')).status, ERRORS[name].status, name)
})

t.test('R19 and R20 which statuses are retried and reduce concurrency stands in the table', async (t) => {
  const rows = Object.values(STATUSES)
  const codesWhere = (isWanted: (row: (typeof rows)[number]) => boolean) =>
    rows.filter(isWanted).map(({ code }) => code)
  t.strictSame(
    codesWhere(({ retry }) => retry !== 'no'),
    [2, 3, 6, 8, 9, 10, 11, 12],
  )
  t.strictSame(
    codesWhere(({ concurrency }) => concurrency === 'decrease'),
    [2, 3, 6, 9, 10, 11, 12],
  )
  t.strictSame(
    codesWhere(({ concurrency }) => concurrency === 'increase'),
    [1, 4, 5, 7, 13, 14, 15],
  )
})

t.test('a registered class of errors', async (t) => {
  class ApiError extends Error {
    readonly reason: string

    constructor(reason: string) {
      super(reason)
      this.reason = reason
    }
  }
  class QuotaError extends ApiError {}
  class MalformedError extends ApiError {}
  class BrokenError extends ApiError {}
  abstract class Base {}
  class Unusual extends Base {}
  const { classify } = createClassifier({
    errorTypes: [
      errorType(ApiError, 'throttled'),
      errorType(MalformedError, ({ reason }) => (reason === 'bad' ? 'invalid_argument' : undefined)),
      errorType(Base, 'http'),
      errorType(BrokenError, () => {
        throw new Error('boo')
      }),
      errorType(SyntaxError, () => 'ok' as FailureStatus),
      errorType(DispatchError, 'http'),
    ],
  })
  const cases = [
    { name: 'R15 itself', error: new ApiError(''), want: 'throttled' },
    { name: 'R15 a class that extends it', error: new QuotaError(''), want: 'throttled' },
    { name: 'R16 a more specific one', error: new MalformedError('bad'), want: 'invalid_argument' },
    { name: 'a more specific one that returns undefined', error: new MalformedError(''), want: 'throttled' },
    { name: 'a class that is not an Error', error: new Unusual(), want: 'http' },
    { name: 'as a cause', error: new Error('boo', { cause: new QuotaError('') }), want: 'throttled' },
    {
      name: 'before its code',
      error: Object.assign(new ApiError(''), { code: 'ENOENT' }),
      want: 'throttled',
    },
    { name: 'a rule that throws is skipped', error: new BrokenError(''), want: 'throttled' },
    { name: 'a rule that returns ok', error: new SyntaxError('boo'), want: 'permanent' },
    { name: 'another class', error: new Error('boo'), want: 'permanent' },
    { name: 'a DispatchError keeps its own status', error: new ThrottledError('boo'), want: 'throttled' },
  ]
  for (const { name, error, want } of cases) t.equal(classify(error).status, want, name)
})

t.test('an invalid registration is refused with the name of the option', async (t) => {
  const cases = [
    {
      options: { errorTypes: [[Error, 'ok']] },
      message: /^option errorTypes: class Error: expected a status.*got "ok"/,
    },
    { options: { errorTypes: [[Error, 'nope']] }, message: /^option errorTypes: class Error/ },
    {
      options: { errorTypes: [['Error', 'tcp']] },
      message: /^option errorTypes: expected a class, got "Error"/,
    },
    { options: { errorTypes: [[() => 1, 'tcp']] }, message: /^option errorTypes: expected a class/ },
    { options: { outputTypes: [[Map, 'nope']] }, message: /^option outputTypes: class Map/ },
  ]
  for (const { options, message } of cases) {
    t.throws(() => createClassifier(options as unknown as Parameters<typeof createClassifier>[0]), {
      name: 'TypeError',
      message,
    })
  }
  t.doesNotThrow(
    () => createClassifier({ errorTypes: new Map([errorType(Error, 'tcp')]) }),
    'a Map is a list too',
  )
})

t.test('an error that no rule matches has the status for unknown errors', async (t) => {
  const hostile = new Proxy(new Error('boo'), {
    get() {
      throw new Error('no')
    },
  })
  for (const error of [new Error('boo'), new TypeError('boo'), 'boo', undefined, hostile, withCode('NOPE')]) {
    t.strictSame(classify(error, 'temporary'), { status: 'temporary' })
    t.strictSame(classify(error), { status: 'permanent' })
  }
  t.equal(classify(new AggregateError([new Error('boo')]), 'temporary').status, 'temporary')
})

t.test('the status of a returned value', async (t) => {
  class Page {
    readonly isComplete: boolean

    constructor(isComplete: boolean) {
      this.isComplete = isComplete
    }
  }
  class LastPage extends Page {}
  const { statusOfOutput: registered } = createClassifier({
    outputTypes: [
      outputType(Page, ({ isComplete }) => (isComplete ? 'ok' : 'temporary')),
      outputType(Response, () => undefined),
    ],
  })
  const cases = [
    { name: 'nothing', got: statusOfOutput(undefined), want: 'ok' },
    { name: 'null', got: statusOfOutput(null), want: 'ok' },
    { name: 'a string', got: statusOfOutput('boo'), want: 'ok' },
    {
      name: 'data that looks like a response',
      got: statusOfOutput({ status_code: 503, status: 503 }),
      want: 'ok',
    },
    { name: 'an error', got: statusOfOutput(new Error('boo')), want: 'ok' },
    {
      name: 'E25 the HTTP helper',
      got: statusOfOutput(httpResponseValue({ status: 503 })),
      want: 'temporary',
    },
    {
      name: 'E26 the HTTP helper',
      got: statusOfOutput(httpResponseValue({ status: 404 })),
      want: 'not_found',
    },
    {
      name: 'the HTTP helper of a success',
      got: statusOfOutput(httpResponseValue({ status: 201 })),
      want: 'ok',
    },
    {
      name: 'the HTTP helper without a status',
      got: statusOfOutput(httpResponseValue({})),
      want: 'permanent',
    },
    {
      name: 'a Response of fetch',
      got: statusOfOutput(new Response('x', { status: 429 })),
      want: 'throttled',
    },
    { name: 'a successful Response of fetch', got: statusOfOutput(new Response('x')), want: 'ok' },
    { name: 'an error of fetch', got: statusOfOutput(Response.error()), want: 'permanent' },
    { name: 'a registered class', got: registered(new Page(false)), want: 'temporary' },
    { name: 'a class that extends it', got: registered(new LastPage(true)), want: 'ok' },
    {
      name: 'a rule that returns undefined',
      got: registered(new Response('x', { status: 503 })),
      want: 'temporary',
    },
  ]
  for (const { name, got, want } of cases) t.equal(got, want, name)
})

t.test('R01 a Response has the status of its status code', async (t) => {
  for (const status of [200, 202, 307, 400, 401, 403, 404, 405, 408, 429, 500, 501, 502, 503, 504]) {
    t.equal(statusOfOutput(new Response(null, { status })), statusOfHttp(status), String(status))
  }
})

t.test('every thrown or returned value has a status', async (t) => {
  const anything = fc.anything({ withNullPrototype: true, withBigInt: true, withDate: true, withMap: true })
  const errorLike = fc.record(
    {
      name: fc.oneof(anything, fc.constantFrom('AbortError', 'TimeoutError', 'ConnectError')),
      code: fc.oneof(anything, fc.integer({ min: -2, max: 20 }), fc.constantFrom('ECONNRESET', 'ABORT_ERR')),
      cause: anything,
      errors: anything,
      status: fc.oneof(anything, fc.integer({ min: 0, max: 700 })),
      headers: anything,
      response: anything,
    },
    { requiredKeys: [] },
  )
  fc.assert(
    fc.property(
      fc.oneof(
        anything,
        errorLike,
        errorLike.map((it) => Object.assign(new Error(), it)),
      ),
      (value) => {
        const { status } = classify(value)
        return Object.hasOwn(STATUSES, status) && Object.hasOwn(STATUSES, statusOfOutput(value))
      },
    ),
    { numRuns: 2000 },
  )
  t.pass()
})
