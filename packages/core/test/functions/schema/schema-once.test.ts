import { randomUUID } from 'node:crypto'
import { type AnyDispatchFunction, func } from '@dispatch/core'
import type { Any } from '@dispatch/protocol/messages'
import { decodeValue } from '@dispatch/protocol/values'
import { Type as Type0 } from '@sinclair/typebox'
import t from 'tap'
import { Type as Type1 } from 'typebox'
import { z } from 'zod'
import { runWith } from '../../helpers/run-requests.js'

/** What the handler gets, at two attempts of the same call. */
async function receivedBy(fn: AnyDispatchFunction, ...input: unknown[]): Promise<unknown[]> {
  const { input: value } = fn.buildCall(...(input as [never]))
  const outputs: unknown[] = []
  for (let attempt = 1; attempt <= 2; attempt++) {
    const { status, output, error } = await runWith(fn, { case: 'input', value: value as Any })
    outputs.push(status === 'ok' ? output : error)
  }
  return outputs
}

t.test('a default that is drawn is the same at every attempt', async (t) => {
  const drawn = func(
    'drawn',
    { input: z.object({ order: z.string(), key: z.string().default(() => randomUUID()) }) },
    async (input) => input,
  )
  const [first, second] = await receivedBy(drawn, { order: 'o1' })
  t.match(first, { order: 'o1', key: /^[\da-f-]{36}$/ })
  t.strictSame(second, first)
})

const defaults: readonly { readonly name: string; readonly fn: AnyDispatchFunction }[] = [
  { name: 'zod', fn: func('a', { input: z.string().default('d') }, async (text) => text) },
  { name: 'TypeBox 0.34', fn: func('a', { input: Type0.String({ default: 'd' }) }, async (text) => text) },
  { name: 'TypeBox 1', fn: func('a', { input: Type1.String({ default: 'd' }) }, async (text) => text) },
]
for (const { name, fn } of defaults) {
  t.test(`without an input the default of the schema is received: ${name}`, async (t) => {
    t.strictSame(await receivedBy(fn), ['d', 'd'])
    t.strictSame(await receivedBy(fn, 'given'), ['given', 'given'])
  })
}

const properties: readonly { readonly name: string; readonly fn: AnyDispatchFunction }[] = [
  {
    name: 'TypeBox 0.34',
    fn: func('a', { input: Type0.Object({ n: Type0.Integer({ default: 3 }) }) }, async (input) => input),
  },
  {
    name: 'TypeBox 1',
    fn: func('a', { input: Type1.Object({ n: Type1.Integer({ default: 3 }) }) }, async (input) => input),
  },
]
for (const { name, fn } of properties) {
  t.test(`a property gets its default, and the value of the caller stays as it is: ${name}`, async (t) => {
    const given = {}
    t.strictSame(await receivedBy(fn, given), [{ n: 3 }, { n: 3 }])
    t.strictSame(given, {})
  })
}

t.test('a schema that transforms is applied once, however often the call is tried', async (t) => {
  const doubled = func('doubled', { input: z.number().transform((n) => n * 2) }, async (n) => n)
  t.strictSame(await receivedBy(doubled, 4), [8, 8])
  const optional = func(
    'optional',
    {
      input: z
        .string()
        .optional()
        .transform((text) => text ?? 'none'),
    },
    async (text) => text,
  )
  t.strictSame(await receivedBy(optional), ['none', 'none'])
})

t.test('what a schema makes of a class that cannot be carried is made where the function runs', async (t) => {
  const host = func('host', { input: z.string().transform((text) => new URL(text)) }, async (url) => url.host)
  t.strictSame(await receivedBy(host, 'http://a.example/b'), ['a.example', 'a.example'])
  t.equal(decodeValue(host.buildCall('http://a.example/b').input), 'http://a.example/b')
})

t.test('an input that matches only before its way over the wire is refused when it is given', async (t) => {
  const url = func('url', { input: z.instanceof(URL) }, async (it) => it.host)
  t.throws(() => url.buildCall(new URL('http://a.example')), {
    status: 'invalid_argument',
    message: /^input: .*, after its way over the wire, where it is "http:\/\/a\.example\/"/,
  })
  const amount = func('amount', { input: z.bigint() }, async (n) => String(n))
  t.throws(() => amount.buildCall(5n), { message: /^input: .*, where it is 5$/ })
})

t.test('undefined stays undefined, and null stays null', async (t) => {
  const asked = func('asked', async (input: string | null | undefined) => [input])
  t.strictSame(await receivedBy(asked), [[undefined], [undefined]])
  t.strictSame(await receivedBy(asked, null), [[null], [null]])
  const destructured = func('destructured', async ({ retries = 3 } = {}) => retries)
  t.strictSame(await receivedBy(destructured), [3, 3])
  const found = func('found', async (key: string) => new Map([['a', 1]]).get(key))
  t.strictSame(await receivedBy(found, 'b'), [undefined, undefined])
})
