import { duration, func, type NotCarried, type Received, type ReceivedObject } from '@dispatch/core'
import { decodeValue } from '@dispatch/protocol/values'
import t from 'tap'
import { inputOf, runWith } from '../helpers/run-requests.js'

/** Compiles only if both types are the same. */
type Same<A, B> = (<T>() => T extends A ? 1 : 2) extends <T>() => T extends B ? 1 : 2 ? true : false

/** A value that a handler returns, and what its callers get: the compiler checks that `received` has the type. */
function row<T>(name: string, returned: T, received: Received<NoInfer<T>>): Row {
  return { name, returned, received }
}

interface Row {
  readonly name: string
  readonly returned: unknown
  readonly received: unknown
}

interface Tree {
  readonly name: string
  readonly children: readonly Tree[]
  readonly at?: Date
}

class Decimal {
  readonly #digits: string
  constructor(digits: string) {
    this.#digits = digits
  }
  plus(): Decimal {
    return this
  }
  toJSON(): string {
    return this.#digits
  }
}

class Snapshot {
  readonly version = 1
  readonly bytes = Buffer.from('b')
  rename(): void {}
  toJSON(): this {
    return this
  }
}

const TREE: Tree = { name: 'a', children: [{ name: 'b', children: [], at: new Date(5) }] }

const rows: readonly Row[] = [
  row('a string', 'x' as string, 'x'),
  row('a number', 1.5 as number, 1.5),
  row('a boolean', true as boolean, true),
  row('null', null, null),
  row('undefined', undefined, undefined),
  row('nothing', (() => {})(), undefined),
  row('a small bigint', 5n as bigint, 5),
  row('a large bigint', 2n ** 60n, 2n ** 60n),
  row('a date', new Date(5), new Date(5)),
  row('a duration', duration('1.5s'), duration('1.5s')),
  row('a tree', TREE, TREE),
  row('a tuple', ['a', new Date(5)] as const, ['a', new Date(5)]),
  row('a Buffer', Buffer.from('a'), new Uint8Array([97])),
  row('a Buffer inside', { raw: Buffer.from('a'), id: 1 }, { raw: new Uint8Array([97]), id: 1 }),
  row('Buffers in an array', [Buffer.from('a')], [new Uint8Array([97])]),
  row('a Float64Array', new Float64Array([1.5]), new Float64Array([1.5])),
  row('a bigint inside', { n: 5n }, { n: 5n }),
  row('undefined in an array', [1, undefined], [1, undefined]),
  row('a map', new Map([['k', Buffer.from('a')]]), new Map([['k', new Uint8Array([97])]])),
  row('a set', new Set([1, 2]), new Set([1, 2])),
  row('what has toJSON', new Decimal('1.5'), '1.5'),
  row('what has toJSON, inside', { sum: new Decimal('1.5') }, { sum: '1.5' }),
  row('a URL', new URL('https://example.com/'), 'https://example.com/'),
  row('toJSON of an instance', new Snapshot(), { version: 1, bytes: new Uint8Array([98]) }),
  row('a Response', new Response('hi', { status: 201, headers: { 'x-a': 'b' } }), {
    status_code: 201,
    header: { 'Content-Type': ['text/plain;charset=UTF-8'], 'X-A': ['b'] },
    body: 'aGk=',
  }),
]

/** The constructors of a value and of all values inside: strictSame takes a Buffer for a Uint8Array. */
function classesOf(value: unknown): unknown {
  if (typeof value !== 'object' || value === null) return typeof value
  const parts =
    value instanceof Map || value instanceof Set
      ? [...value]
      : ArrayBuffer.isView(value)
        ? []
        : Object.values(value)
  return [value.constructor, ...parts.map(classesOf)]
}

for (const { name, returned, received } of rows) {
  t.test(`an output has its declared type when it arrives: ${name}`, async (t) => {
    const fn = func('fn', async () => returned)
    const result = await runWith(fn, inputOf(null))
    t.equal(result.status, 'ok')
    t.strictSame(result.output, received)
    t.strictSame(classesOf(result.output), classesOf(received))
  })
}

class Money {
  readonly cents = 5
  plus(): Money {
    return this
  }
}

const refused = [
  { name: 'an object with methods', returned: new Money(), type: refusedTo<Money, NotCarried<Money>>(true) },
  { name: 'a function', returned: () => 1, type: refusedTo<() => number, NotCarried<() => number>>(true) },
  { name: 'a symbol', returned: Symbol('s'), type: refusedTo<symbol, NotCarried<symbol>>(true) },
  { name: 'an Error', returned: new Error('e'), type: refusedTo<Error, NotCarried<Error>>(true) },
  {
    name: 'an object with methods, inside',
    returned: { sums: [new Money()] },
    type: refusedTo<{ sums: Money[] }, ReceivedObject<{ sums: Money[] }>>(true),
  },
]

/** Compiles only if `T` is received as `R`. */
function refusedTo<T, R>(is: Same<Received<T>, R>): boolean {
  return is
}

for (const { name, returned } of refused) {
  t.test(
    `a call that returns what cannot be carried ends with invalid_response, and its type says so: ${name}`,
    async (t) => {
      const fn = func('fn', async () => returned)
      const result = await runWith(fn, inputOf(null))
      t.equal(result.status, 'invalid_response')
    },
  )
}

t.test('a type that arrives unchanged stays the same type, also a recursive one', async (t) => {
  type Json = string | number | boolean | null | Json[] | { [key: string]: Json }
  const same = [
    refusedTo<Tree, Tree>(true),
    refusedTo<Json, Json>(true),
    refusedTo<'a' | 'b', 'a' | 'b'>(true),
    refusedTo<Record<string, unknown>, Record<string, unknown>>(true),
    refusedTo<unknown, unknown>(true),
    refusedTo<string & { readonly brand: 'id' }, string & { readonly brand: 'id' }>(true),
    refusedTo<Received<{ raw: Buffer }>, Received<{ raw: Buffer }>>(true),
  ]
  t.strictSame(new Set(same), new Set([true]))
})

t.test('without an input, a handler with a default gets the default', async (t) => {
  const byDefault = func('byDefault', async (count = 3) => count)
  const asked = func('asked', async (count: number | null) => count)
  t.match(await runWith(byDefault, inputOf(null)), { status: 'ok', output: 3 })
  t.match(await runWith(byDefault, inputOf(4)), { status: 'ok', output: 4 })
  t.equal(decodeValue(byDefault.buildCall().input), undefined)
  t.match(await runWith(asked, inputOf(null)), { status: 'ok', output: null })
})
