import { gzipSync } from 'node:zlib'
import { Dispatch, func } from '@dispatch/core'
import { RUN_PATH } from '@dispatch/protocol/messages'
import t from 'tap'
import { handleUnary, inputOf, runRequestBytes } from '../helpers/run-requests.js'
import { createSchedulerDouble } from '../helpers/scheduler-double.js'

const SEED = 20_240_610
const BODIES = 300

const greet = func('greet', async (name: string) => `hello ${name}`)
const HELLO = runRequestBytes({ function: 'greet', directive: inputOf({ a: [1, 'b', { c: null }] }) })

/** Numbers in [0, 1) from a seed (mulberry32). */
function createRandom(seed: number): () => number {
  let state = seed
  return () => {
    state = (state + 0x6d2b79f5) | 0
    let mixed = Math.imul(state ^ (state >>> 15), 1 | state)
    mixed = (mixed + Math.imul(mixed ^ (mixed >>> 7), 61 | mixed)) ^ mixed
    return ((mixed ^ (mixed >>> 14)) >>> 0) / 2 ** 32
  }
}

/** Bytes that a malicious or broken sender may send. */
function hostileBody(random: () => number): Buffer {
  const kind = Math.floor(random() * 4)
  if (kind === 0) return Buffer.from(Array.from({ length: 1 + random() * 200 }, () => random() * 256))
  const body = Buffer.from(HELLO)
  if (kind === 1) return body.subarray(0, Math.floor(1 + random() * (body.length - 1)))
  for (let changes = 0; changes < 3; changes++) body[Math.floor(random() * body.length)] = random() * 256
  return kind === 2 ? body : gzipSync(body)
}

const CONTENT_TYPES = ['application/proto', 'application/json', 'text/plain', '']

t.test(`each of ${BODIES} hostile bodies is answered, and never with 500`, async (t) => {
  const errors: unknown[] = []
  const note = (...args: unknown[]) => void errors.push(args)
  const logger = { debug: note, info: note, warn: note, error: note }
  const dispatch = new Dispatch({
    functions: [greet],
    scheduler: createSchedulerDouble(),
    allowUnsigned: true,
    logger,
    env: {},
  })
  const server = await dispatch.listenAndServe({ port: 0 })
  const random = createRandom(SEED)
  const statuses = new Map<number, number>()
  for (let count = 0; count < BODIES; count++) {
    const body = hostileBody(random)
    const headers = {
      'content-type': CONTENT_TYPES[Math.floor(random() * CONTENT_TYPES.length)] ?? '',
      'content-encoding': random() < 0.2 ? 'gzip' : 'identity',
    }
    const response = await fetch(server.url + RUN_PATH, { method: 'POST', body, headers })
    await response.arrayBuffer()
    statuses.set(response.status, (statuses.get(response.status) ?? 0) + 1)
  }
  t.strictSame(
    [...statuses.keys()].filter((status) => ![200, 400, 404].includes(status)),
    [],
    `seed ${SEED}`,
  )
  t.ok((statuses.get(400) ?? 0) > 50, 'most are refused')
  t.strictSame(errors, [])
  const good = await fetch(server.url + RUN_PATH, { method: 'POST', body: HELLO })
  t.equal(good.status, 200, 'the process is alive')
  await server.close()
})

const nested = `${'{"a":'.repeat(5_000)}1${'}'.repeat(5_000)}`
const refused = [
  {
    name: 'a decompression bomb of zeros',
    body: gzipSync(Buffer.alloc(20_000_000)),
    headers: { 'content-encoding': 'gzip' },
    want: 400,
  },
  {
    name: 'malformed gzip',
    body: Buffer.from('not gzip'),
    headers: { 'content-encoding': 'gzip' },
    want: 400,
  },
  { name: 'an unknown compression', body: HELLO, headers: { 'content-encoding': 'br' }, want: 501 },
  {
    name: 'deeply nested JSON',
    body: Buffer.from(nested),
    headers: { 'content-type': 'application/json' },
    want: 400,
  },
  {
    name: 'malformed JSON',
    body: Buffer.from('{'),
    headers: { 'content-type': 'application/json' },
    want: 400,
  },
  {
    name: 'JSON in invalid UTF-8',
    body: Buffer.from([0xff]),
    headers: { 'content-type': 'application/json' },
    want: 400,
  },
  {
    name: 'JSON with a prototype',
    body: Buffer.from('{"__proto__":{"function":"greet"}}'),
    headers: { 'content-type': 'application/json' },
    want: 400,
  },
  {
    name: 'the name of a method of Object.prototype',
    body: runRequestBytes({ function: 'constructor' }),
    headers: {},
    want: 404,
  },
  { name: 'a name with markup', body: runRequestBytes({ function: '<b>"' }), headers: {}, want: 404 },
  { name: 'a length that is not a number', body: HELLO, headers: { 'content-length': '1e3' }, want: 400 },
  { name: 'a negative length', body: HELLO, headers: { 'content-length': '-1' }, want: 400 },
]
for (const { name, body, headers, want } of refused) {
  t.test(`${name} is answered with ${want}`, async (t) => {
    const dispatch = new Dispatch({
      functions: [greet],
      scheduler: createSchedulerDouble(),
      allowUnsigned: true,
      env: {},
    })
    const response = await handleUnary(dispatch, {
      method: 'POST',
      path: RUN_PATH,
      headers: { 'content-length': String(body.byteLength), ...headers },
      body,
    })
    t.equal(response.status, want)
    t.match(JSON.parse(Buffer.from(response.body).toString()), { code: String, message: String })
  })
}
