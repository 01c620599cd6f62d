import crypto from 'node:crypto'
import { syncBuiltinESMExports } from 'node:module'
import { Dispatch, type DispatchOptions, func } from '@dispatch/core'
import type { Logger } from '@dispatch/protocol'
import { RUN_PATH } from '@dispatch/protocol/messages'
import { formatVerificationKey, generateKeyPair, signRequest } from '@dispatch/protocol/signature'
import t, { type Test } from 'tap'
import { inputOf, jsonOf, postRun, runRequestBytes } from '../helpers/run-requests.js'
import { createSchedulerDouble } from '../helpers/scheduler-double.js'

const greet = func('greet', async (name: string) => `hello ${name}`)
const HELLO = runRequestBytes({ function: 'greet', directive: inputOf('World') })

/** Valid settings of a process with a stand-alone scheduler. */
const REMOTE = {
  DISPATCH_API_URL: 'http://localhost:1',
  DISPATCH_API_KEY: 'secret-key',
  DISPATCH_ENDPOINT_URL: 'bridge://session',
}

/** A logger that records its messages. */
function createLog(): Logger & { readonly lines: string[] } {
  const lines: string[] = []
  const at = (level: string) => (_fields: object, message: string) => {
    lines.push(`${level} ${message}`)
  }
  return { lines, debug: at('debug'), info: at('info'), warn: at('warn'), error: at('error') }
}

const refused: readonly {
  name: string
  options?: Record<string, unknown>
  env?: Record<string, string>
  want: RegExp
}[] = [
  {
    name: 'C04 an API URL of another scheme, by option',
    options: { apiUrl: 'ftp://example.com' },
    want: /^option apiUrl: expected .*http.*, got "ftp:\/\/example.com"$/,
  },
  {
    name: 'C04 an API URL of another scheme, by environment',
    env: { DISPATCH_API_URL: 'ftp://example.com' },
    want: /^DISPATCH_API_URL: expected .*http/,
  },
  {
    name: 'an invalid API URL',
    options: { apiUrl: 'example' },
    want: /^option apiUrl: .*got "example"$/,
  },
  {
    name: 'C08 no endpoint URL',
    env: { DISPATCH_API_URL: 'http://localhost:1' },
    want: /^no endpoint URL: .*option endpointUrl.*DISPATCH_ENDPOINT_URL/,
  },
  {
    name: 'C08 an invalid endpoint URL, by option',
    options: { endpointUrl: ':::' },
    want: /^option endpointUrl: expected .*, got ":::"$/,
  },
  {
    name: 'C08 an invalid endpoint URL, by environment',
    env: { DISPATCH_ENDPOINT_URL: ':::' },
    want: /^DISPATCH_ENDPOINT_URL: expected .*, got ":::"$/,
  },
  {
    name: 'an endpoint URL of another scheme',
    options: { endpointUrl: 'ftp://example.com' },
    want: /^option endpointUrl: /,
  },
  {
    name: 'an empty option',
    options: { apiKey: '' },
    want: /^option apiKey: expected a non-empty string, got ""$/,
  },
  {
    name: 'an API key that cannot be sent',
    options: { apiKey: 'a\nb' },
    want: /^option apiKey: expected an API key of visible ASCII characters/,
  },
  {
    name: 'S22 an invalid verification key, by option',
    options: { verificationKey: 'foo' },
    want: /^option verificationKey: /,
  },
  {
    name: 'S22 an invalid verification key, by environment',
    env: { DISPATCH_VERIFICATION_KEY: 'foo' },
    want: /^DISPATCH_VERIFICATION_KEY: /,
  },
  {
    name: 'a production process that would accept unsigned runs',
    env: { ...REMOTE, NODE_ENV: 'production' },
    want: /^no verification key: .*verificationKey.*DISPATCH_VERIFICATION_KEY.*allowUnsigned: true/,
  },
  {
    name: 'an invalid address',
    env: { DISPATCH_ENDPOINT_ADDR: 'localhost:http' },
    want: /^DISPATCH_ENDPOINT_ADDR: expected an address such as localhost:8000, got "localhost:http"$/,
  },
  {
    name: 'a port above 65535',
    options: { endpointAddr: 'localhost:70000' },
    want: /^option endpointAddr: /,
  },
  {
    name: 'a limit that is not a number',
    options: { bodyBytesMax: '16mb' },
    want: /^option bodyBytesMax: expected an integer from 1 to \d+, got "16mb"$/,
  },
  {
    name: 'zero requests',
    options: { requestsMax: 0 },
    want: /^option requestsMax: expected an integer from 1 to \d+, got 0$/,
  },
  {
    name: 'a limit of bytes that is not a number',
    options: { requestBytesMax: '1gb' },
    want: /^option requestBytesMax: expected an integer from 1 to \d+, got "1gb"$/,
  },
  {
    name: 'zero time for a body to arrive',
    options: { bodyMsMax: 0 },
    want: /^option bodyMsMax: expected an integer from 1 to \d+, got 0$/,
  },
  {
    name: 'an empty list of authorities',
    options: { authority: [] },
    want: /^option authority: expected at least one authority/,
  },
  {
    name: 'an invalid status',
    options: { unknownErrorStatus: 'oops' },
    want: /^option unknownErrorStatus: expected a failure status such as 'temporary', got "oops"$/,
  },
  {
    name: 'a flag that is not a boolean',
    options: { allowUnsigned: 'yes' },
    want: /^option allowUnsigned: expected true or false/,
  },
  {
    name: 'an object that is not a logger',
    options: { logger: {} },
    want: /^option logger: expected an object with debug/,
  },
  {
    name: 'an object that is not a scheduler',
    options: { scheduler: {} },
    want: /^option scheduler: expected a Scheduler/,
  },
  {
    name: 'a function that func did not create',
    options: { functions: [async () => 1] },
    want: /^functions\[0\]: expected a function made by func\(name, handler\), got a function$/,
  },
  {
    name: 'options that are not an object',
    options: 'x' as unknown as Record<string, unknown>,
    want: /^new Dispatch\(options\)/,
  },
]
for (const { name, options = {}, env = {}, want } of refused) {
  t.test(`${name} is refused by name`, async (t) => {
    const all = typeof options === 'object' ? { env, ...options } : options
    t.throws(() => new Dispatch(all as DispatchOptions), { name: 'TypeError', message: want })
  })
}

t.test(
  'C02 C07 without an API key an endpoint can be created, and the first dispatch rejects with the fix',
  async (t) => {
    const { DISPATCH_API_KEY: _key, ...env } = REMOTE
    const dispatch = new Dispatch({ functions: [greet], env })
    await t.rejects(dispatch.dispatch(greet, 'World'), {
      name: 'UnauthenticatedError',
      status: 'unauthenticated',
      message: /^no API key .*option apiKey.*DISPATCH_API_KEY/,
    })
  },
)

t.test('C07 a function that is not registered cannot be dispatched', async (t) => {
  const stray = func('stray', async () => 1)
  await t.rejects(stray.dispatch(), { name: 'TypeError', message: /^stray.dispatch\(\): .*not registered/ })
  const dispatch = new Dispatch({ scheduler: createSchedulerDouble(), env: {} })
  await t.rejects(dispatch.dispatch(stray), {
    name: 'TypeError',
    message: /got 'stray', which is not registered here/,
  })
})

t.test('an empty variable counts as not set', async (t) => {
  const empty = Object.fromEntries(
    ['API_KEY', 'API_URL', 'ENDPOINT_URL', 'ENDPOINT_ADDR', 'VERIFICATION_KEY', 'STORE'].map((name) => [
      `DISPATCH_${name}`,
      '',
    ]),
  )
  t.doesNotThrow(() => new Dispatch({ env: empty }))
})

t.test('calls at a stand-alone scheduler are recorded with the URL of this endpoint', async (t) => {
  const scheduler = createSchedulerDouble()
  const dispatch = new Dispatch({
    functions: [greet],
    scheduler,
    endpointUrl: 'https://app.example.com/',
    env: {},
  })
  await dispatch.dispatch(greet, 'World')
  t.equal(scheduler.requests[0]?.[0]?.endpoint, 'https://app.example.com')
})

t.test('calls at an embedded scheduler are recorded with the embedded endpoint', async (t) => {
  const scheduler = createSchedulerDouble()
  await new Dispatch({ functions: [greet], scheduler, env: {} }).dispatch(greet, 'World')
  t.equal(scheduler.requests[0]?.[0]?.endpoint, 'bridge://embedded')
})

const unsignedCases = [
  {
    name: 'S23 with no key, unsigned runs are accepted with one warning',
    env: {},
    url: 'https://a.example',
    want: 1,
  },
  { name: 'S23 with a bridge URL there is no warning', env: {}, url: 'bridge://session', want: 0 },
  {
    name: 'with allowUnsigned there is no warning',
    env: {},
    url: 'https://a.example',
    allowUnsigned: true,
    want: 0,
  },
  {
    name: 'allowUnsigned is accepted in production',
    env: { NODE_ENV: 'production' },
    url: 'https://a.example',
    allowUnsigned: true,
    want: 0,
  },
]
for (const { name, env, url, allowUnsigned, want } of unsignedCases) {
  t.test(name, async (t) => {
    const logger = createLog()
    const dispatch = new Dispatch({
      functions: [greet],
      endpointUrl: url,
      allowUnsigned,
      logger,
      env: { ...REMOTE, ...env },
    })
    for (let runs = 0; runs < 2; runs++) t.equal((await postRun(dispatch, HELLO)).status, 200)
    t.equal(
      logger.lines.filter((line) => /^warn requests for runs are accepted from any client/.test(line)).length,
      want,
    )
  })
}

t.test('without a logger the warning is a process warning', async (t) => {
  const emitted: unknown[] = []
  t.intercept(process, 'emitWarning', { value: (...args: unknown[]) => emitted.push(args) })
  new Dispatch({ endpointUrl: 'https://a.example', env: REMOTE })
  t.match(emitted, [[/^requests for runs are accepted from any client/, { code: 'DISPATCH_UNSIGNED' }]])
})

t.test('with an embedded scheduler no run over HTTP is accepted, signed or not', async (t) => {
  const dispatch = new Dispatch({ functions: [greet], env: {} })
  const unsigned = await postRun(dispatch, HELLO)
  t.equal(unsigned.status, 401)
  t.match(jsonOf(unsigned), { code: 'unauthenticated' })
  const signed = await postRun(dispatch, HELLO, signedHeaders(generateKeyPair().privateKey))
  t.equal(signed.status, 403)
})

/** Headers of a run that is signed at the current time. */
function signedHeaders(
  privateKey: Parameters<typeof signRequest>[1],
  { authority = 'localhost', path = RUN_PATH } = {},
): Record<string, string> {
  const contentType = 'application/proto'
  const request = { method: 'POST', path, authority, contentType, body: HELLO }
  return { 'content-type': contentType, ...signRequest(request, privateKey, Math.floor(Date.now() / 1000)) }
}

const [oldPair, newPair] = [generateKeyPair(), generateKeyPair()]
const keyTexts = [formatVerificationKey(oldPair.publicKey), formatVerificationKey(newPair.publicKey)]
const rotations: { name: string; options: DispatchOptions }[] = [
  { name: 'as an array', options: { verificationKey: keyTexts } },
  {
    name: 'in the environment',
    options: { env: { ...REMOTE, DISPATCH_VERIFICATION_KEY: keyTexts.join(', ') } },
  },
]
for (const { name, options } of rotations) {
  t.test(`of two verification keys, ${name}, both are accepted`, async (t) => {
    const dispatch = new Dispatch({ functions: [greet], env: REMOTE, ...options })
    for (const { privateKey } of [oldPair, newPair]) {
      t.equal((await postRun(dispatch, HELLO, signedHeaders(privateKey))).status, 200)
    }
    t.equal((await postRun(dispatch, HELLO, signedHeaders(generateKeyPair().privateKey))).status, 403)
    t.equal((await postRun(dispatch, HELLO)).status, 401)
  })
}

const publicUrl = 'https://app.example.com/jobs'
const targets: { name: string; options?: DispatchOptions; authority: string; path?: string; want: number }[] =
  [
    { name: 'for the Host of the request, which is not the public one', authority: 'localhost', want: 403 },
    { name: 'for the public URL', authority: 'app.example.com', want: 200 },
    {
      name: 'for the Host, without a public URL',
      options: { endpointUrl: 'bridge://session' },
      authority: 'localhost',
      want: 200,
    },
    {
      name: 'for the public URL, with another authority configured as well',
      options: { authority: ['public.example'] },
      authority: 'app.example.com',
      want: 200,
    },
    {
      name: 'for the public URL, whose prefix a proxy removed',
      authority: 'app.example.com',
      path: `/jobs${RUN_PATH}`,
      want: 200,
    },
    { name: 'for another authority', authority: 'evil.example', want: 403 },
    { name: 'for another path', authority: 'app.example.com', path: '/x', want: 403 },
    {
      name: 'for the configured authority',
      options: { authority: 'public.example' },
      authority: 'public.example',
      want: 200,
    },
    {
      name: 'for the Host, with another authority configured',
      options: { authority: ['public.example'] },
      authority: 'localhost',
      want: 403,
    },
  ]
for (const { name, options, authority, path, want } of targets) {
  t.test(`a run signed ${name} is answered with ${want}`, async (t) => {
    const dispatch = new Dispatch({
      functions: [greet],
      verificationKey: keyTexts[0],
      env: { ...REMOTE, DISPATCH_ENDPOINT_URL: publicUrl },
      ...options,
    })
    const headers = signedHeaders(oldPair.privateKey, { authority, ...(path === undefined ? {} : { path }) })
    t.equal((await postRun(dispatch, HELLO, headers)).status, want)
  })
}

t.test(
  'a run signed for another application is refused although it is forwarded with its Host',
  async (t) => {
    const dispatch = new Dispatch({
      functions: [greet],
      verificationKey: keyTexts[0],
      env: { ...REMOTE, DISPATCH_ENDPOINT_URL: publicUrl },
    })
    const headers = {
      host: 'other.example',
      'x-forwarded-host': 'other.example',
      ...signedHeaders(oldPair.privateKey, { authority: 'other.example' }),
    }
    const answer = await postRun(dispatch, HELLO, headers)
    t.equal(answer.status, 403)
    t.match(jsonOf(answer), {
      message:
        /signed for @authority other\.example, but .* expects @authority app\.example\.com; .*option authority/,
    })
  },
)

t.test('a request with many wrong signatures costs no more than sixteen verifications', async (t) => {
  const dispatch = new Dispatch({
    functions: [greet],
    verificationKey: keyTexts,
    env: { ...REMOTE, DISPATCH_ENDPOINT_URL: publicUrl },
  })
  const good = signedHeaders(newPair.privateKey, { authority: 'app.example.com' })
  const wrong = signedHeaders(generateKeyPair().privateKey, { authority: 'other.example' })
  const often = (name: string) =>
    ['a', 'b', 'c', 'd'].map((label) => wrong[name]?.replace('dispatch=', `${label}=`)).join(', ')
  const headers = {
    ...wrong,
    host: 'other.example',
    'x-forwarded-host': 'third.example',
    'x-original-uri': '/x',
    'signature-input': often('signature-input'),
    signature: often('signature'),
  }
  const verifications = countVerifications(t)
  t.equal((await postRun(dispatch, HELLO, headers)).status, 403)
  t.ok(verifications() <= 16 + 12, 'and once in a second what finds out what they may be for')
  t.equal((await postRun(dispatch, HELLO, headers)).status, 403)
  t.ok(verifications() <= 16)
  t.equal((await postRun(dispatch, HELLO, good)).status, 200)
  t.equal(verifications(), 2, 'one for each key')
})

/** Counts calls of `crypto.verify` since the count was last taken. */
function countVerifications(t: Test): () => number {
  let count = 0
  const { verify } = crypto
  const set = (value: unknown) => {
    Object.assign(crypto, { verify: value })
    syncBuiltinESMExports()
  }
  set((...args: Parameters<typeof verify>) => {
    count += 1
    return verify(...args)
  })
  t.teardown(() => set(verify))
  return () => {
    const counted = count
    count = 0
    return counted
  }
}

t.test('a request is accepted when the second of its signatures is valid', async (t) => {
  const dispatch = new Dispatch({ functions: [greet], verificationKey: keyTexts, env: REMOTE })
  const [wrong, good] = [generateKeyPair(), oldPair].map(({ privateKey }) => signedHeaders(privateKey))
  const both = (name: string) => `${wrong?.[name]?.replace('dispatch=', 'a=')}, ${good?.[name]}`
  const headers = { ...good, 'signature-input': both('signature-input'), signature: both('signature') }
  t.equal((await postRun(dispatch, HELLO, headers)).status, 200)
})

t.test('the signature covers the original path, not the one that a router passes on', async (t) => {
  const dispatch = new Dispatch({ functions: [greet], verificationKey: keyTexts, env: REMOTE })
  const originalPath = `/mounted/here${RUN_PATH}`
  const headers = {
    host: 'localhost',
    'content-length': String(HELLO.byteLength),
    ...signedHeaders(oldPair.privateKey, { path: originalPath }),
  }
  const request = { method: 'POST', path: RUN_PATH, headers, body: HELLO }
  t.equal((await dispatch.handle({ ...request, originalPath })).status, 200)
  t.equal((await dispatch.handle(request)).status, 403)
})
