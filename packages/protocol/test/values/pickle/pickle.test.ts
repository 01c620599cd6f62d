import { VALUE_DEPTH_MAX } from '@dispatch/protocol/bounds'
import { type Any, AnySchema, create, PickledSchema, toBinary } from '@dispatch/protocol/messages'
import {
  argumentsOf,
  decodeValue,
  encodePythonArguments,
  encodeValue,
  float,
  PickledArguments,
  PickledObject,
} from '@dispatch/protocol/values'
import fc from 'fast-check'
import t from 'tap'
import { PICKLE_VECTORS } from './pickle-vectors.js'

const PICKLED_URL = 'buf.build/stealthrocket/dispatch-proto/dispatch.sdk.python.v1.Pickled'

/** Arguments as CPython and as we write them. */
const ARGUMENTS = {
  world:
    '80049544000000000000008c0e64697370617463682e70726f746f948c09417267756d656e74739493942981947d94288c0461726773948c05576f726c649485948c066b7761726773947d9475622e',
  none: '8004953b000000000000008c0e64697370617463682e70726f746f948c09417267756d656e74739493942981947d94288c046172677394298c066b7761726773947d9475622e',
  mixed:
    '80049547000000000000008c0e64697370617463682e70726f746f948c09417267756d656e74739493942981947d94288c0461726773944b014b0286948c066b7761726773947d948c0162944b0a7375622e',
  ourWorld:
    '80036364697370617463682e70726f746f0a417267756d656e74730a29817d28580400000061726773285805000000576f726c647458060000006b77617267737d287575622e',
  ourNone:
    '80036364697370617463682e70726f746f0a417267756d656e74730a29817d28580400000061726773287458060000006b77617267737d287575622e',
}

function pickled(pickle: string | Uint8Array): Any {
  const pickledValue = typeof pickle === 'string' ? Buffer.from(pickle, 'hex') : pickle
  return create(AnySchema, {
    typeUrl: PICKLED_URL,
    value: toBinary(PickledSchema, create(PickledSchema, { pickledValue })),
  })
}

t.test('plain values of Python are read, in every protocol', async (t) => {
  const cases = PICKLE_VECTORS.flatMap(({ name, value, pickles }) =>
    pickles.map((pickle, protocol) => ({ name: `${name} by protocol ${protocol}`, value, pickle })),
  )
  t.plan(cases.length)
  for (const { name, value, pickle } of cases) t.strictSame(decodeValue(pickled(pickle)), value, name)
})

t.test('pickles of the original', async (t) => {
  t.equal(decodeValue(pickled('8004950c000000000000008a090000000000000080002e')), 2n ** 63n)
  t.equal(decodeValue(pickled('80044b012e')), 1)
  t.equal(decodeValue(pickled('80049507000000000000008c03626172942e')), 'bar')
})

t.test('V19 the arguments of a Python call become the input of a function', async (t) => {
  const cases = [
    { name: 'one', pickle: ARGUMENTS.world, args: ['World'], kwargs: {}, want: 'World' },
    { name: 'none', pickle: ARGUMENTS.none, args: [], kwargs: {}, want: null },
    {
      name: 'two and a keyword',
      pickle: ARGUMENTS.mixed,
      args: [1, 2],
      kwargs: { b: 10 },
      want: [1, 2, { b: 10 }],
    },
    { name: 'one, as we write it', pickle: ARGUMENTS.ourWorld, args: ['World'], kwargs: {}, want: 'World' },
    { name: 'none, as we write it', pickle: ARGUMENTS.ourNone, args: [], kwargs: {}, want: null },
  ]
  t.plan(cases.length * 2)
  for (const { name, pickle, args, kwargs, want } of cases) {
    const value = decodeValue(pickled(pickle))
    t.same(value, new PickledArguments(args, kwargs), name)
    t.strictSame(argumentsOf(value), want, `${name}: input`)
  }
})

t.test('the input of a function is chosen by the kinds of arguments', async (t) => {
  const cases = [
    { name: 'several positional', value: new PickledArguments([1, 2], {}), want: [1, 2] },
    { name: 'keywords only', value: new PickledArguments([], { a: 1 }), want: { a: 1 } },
    { name: 'mixed', value: new PickledArguments([1], { a: 2 }), want: [1, { a: 2 }] },
    { name: 'one that is a list', value: new PickledArguments([[1, 2]], {}), want: [1, 2] },
    { name: 'no arguments of Python', value: { args: [1], kwargs: {} }, want: { args: [1], kwargs: {} } },
    { name: 'null', value: null, want: null },
  ]
  t.plan(cases.length)
  for (const { name, value, want } of cases) t.strictSame(argumentsOf(value), want, name)
})

t.test('V20 a pickle that is not plain data stays opaque and is passed on unchanged', async (t) => {
  const cases = [
    { name: 'os.system("true")', pickle: text("cos\nsystem\n(S'true'\ntR.") },
    {
      name: 'os.system("true") by protocol 4',
      pickle: '80048c026f738c0673797374656d938c047472756585522e',
    },
    { name: 'an unknown class', pickle: text('\x80\x03c__main__\nA\n)\x81.') },
    { name: 'eval by its name', pickle: text('cbuiltins\neval\n(V1+1\ntR.') },
    { name: 'getattr', pickle: text('cbuiltins\ngetattr\n.') },
    { name: 'a name as a value', pickle: text('cbuiltins\nset\n.') },
    { name: 'arguments made with arguments', pickle: text('cdispatch.proto\nArguments\n(K\x01t\x81.') },
    { name: 'arguments by a call', pickle: text('cdispatch.proto\nArguments\n)R.') },
    { name: 'arguments without a state', pickle: text('cdispatch.proto\nArguments\n)\x81.') },
    {
      name: 'arguments with another state',
      pickle: text('cdispatch.proto\nArguments\n)\x81}(X\x04\0\0\0args)ub.'),
    },
    { name: 'a set of text by a call', pickle: text('cbuiltins\nset\n(Vabc\ntR.') },
    { name: 'bytes of a length', pickle: text('cbuiltins\nbytes\n(K\x09tR.') },
    { name: 'an instance of Python 2', pickle: text('(i__main__\nA\n.') },
    { name: 'a persistent id', pickle: text('Pid\n.') },
    { name: 'the extension registry', pickle: text('\x82\x01.') },
    { name: 'a buffer outside', pickle: text('\x97.') },
    { name: 'a protocol to come', pickle: text('\x80\x06N.') },
    { name: 'a circular list', pickle: text(']q\0h\0a.') },
    { name: 'a list inside its own dict', pickle: text(']q\0}q\x01(K\x01h\0uah\0a.') },
    { name: 'text with a lone surrogate', pickle: '8c03eda0802e' },
    {
      name: 'an integer of 5000 bytes',
      pickle: Buffer.concat([text('\x8b\x88\x13\0\0'), Buffer.alloc(5_000, 1), text('.')]),
    },
    { name: 'an integer of 5000 digits', pickle: text(`L${'1'.repeat(5_000)}L\n.`) },
    { name: 'nested too deep', pickle: nested(VALUE_DEPTH_MAX + 1) },
    { name: 'nested much too deep', pickle: nested(200_000) },
    { name: 'nested too deep by the memo', pickle: sharedDeep() },
    { name: 'endless when written down', pickle: billionLaughs() },
    { name: 'more than a million opcodes', pickle: text(`(${'N'.repeat(1_000_000)}l.`) },
  ]
  t.plan(cases.length * 2)
  for (const { name, pickle } of cases) {
    const any = pickled(pickle)
    const value = decodeValue(any)
    t.ok(value instanceof PickledObject, name)
    t.same(encodeValue(value), any, `${name}: encoded again`)
  }
})

function text(characters: string): Buffer {
  return Buffer.from(characters, 'latin1')
}

/** Tuples of one in tuples of one. */
function nested(depth: number): Buffer {
  return text(`)${'\x85'.repeat(depth - 1)}.`)
}

/** A list 60 deep, memoized, and again below 60 others. */
function sharedDeep(): Buffer {
  return text(`)${'\x85'.repeat(59)}q\0h\0${'\x85'.repeat(59)}\x86.`)
}

/** Forty lists that each hold the one before ten times. */
function billionLaughs(): Buffer {
  const levels = Array.from(
    { length: 40 },
    (_, level) => `(${`h${String.fromCharCode(level)}`.repeat(10)}tq${String.fromCharCode(level + 1)}`,
  )
  return text(`Kaq\0${levels.join('')}.`)
}

t.test('a value as deep as allowed is read', async (t) => {
  t.ok(Array.isArray(decodeValue(pickled(nested(VALUE_DEPTH_MAX)))))
})

t.test('a list that occurs twice is one list', async (t) => {
  const [first, second] = decodeValue(pickled(text('(]q\0h\0t.'))) as unknown[]
  t.equal(first, second)
})

t.test('bytes that are not a pickle are refused', async (t) => {
  const cases = [
    { name: 'nothing', pickle: text('') },
    { name: 'no end', pickle: text('N') },
    { name: 'an empty stack at the end', pickle: text('.') },
    { name: 'an unknown opcode', pickle: text('\xff.') },
    { name: 'text that is cut off', pickle: text('X\xff\0\0\0ab.') },
    { name: 'a length of 2^64-1', pickle: text('\x8d\xff\xff\xff\xff\xff\xff\xff\xff.') },
    { name: 'a line without an end', pickle: text('I12') },
    { name: 'a number that is none', pickle: text('Ix\n.') },
    { name: 'a float that is none', pickle: text('Fx\n.') },
    { name: 'an empty float', pickle: text('F\n.') },
    { name: 'an escape beyond Unicode', pickle: text('V\\Uffffffff\n.') },
    { name: 'a missing mark', pickle: text('l.') },
    { name: 'an item below the mark', pickle: text(']N(a.') },
    { name: 'a list below the mark', pickle: text('](Na.') },
    { name: 'an item for no list', pickle: text('NNa.') },
    { name: 'a key without a value', pickle: text('}(Nu.') },
    { name: 'a key for no dict', pickle: text('](NNu.') },
    { name: 'an item for no set', pickle: text('](N\x90.') },
    { name: 'a memo that is not there', pickle: text('h\x05.') },
    { name: 'a call of no name', pickle: text('N)R.') },
  ]
  t.plan(cases.length)
  for (const { name, pickle } of cases) {
    const want = {
      status: 'invalid_argument',
      message: /^a value of type dispatch\.sdk\.python\.v1\.Pickled is malformed/,
    }
    t.throws(() => decodeValue(pickled(pickle)), want, name)
  }
})

t.test('random bytes are refused, opaque or a value, and nothing else', async (t) => {
  const opcodes = Array.from(
    text(
      '().012NIKMJLFGVXCB]}laetdsuR{hjqrpgc\x80\x81\x85\x86\x87\x88\x89\x8a\x8c\x8f\x90\x91\x93\x94\x95\nabc\0\x01\x02',
    ),
  )
  const bytes = fc.array(fc.oneof(fc.constantFrom(...opcodes), fc.integer({ min: 0, max: 255 })), {
    maxLength: 60,
  })
  const isHandled = fc.property(bytes, (pickle) => {
    try {
      decodeValue(pickled(Uint8Array.from(pickle)))
      return true
    } catch (error) {
      return (error as { status?: string }).status === 'invalid_argument'
    }
  })
  t.doesNotThrow(() => fc.assert(isHandled, { numRuns: 20_000 }))
})

t.test('V21 arguments for Python are written in the minimal form', async (t) => {
  t.same(encodePythonArguments(['World']), pickled(ARGUMENTS.ourWorld))
  t.same(encodePythonArguments([], {}), pickled(ARGUMENTS.ourNone))
  t.equal(encodePythonArguments([]).typeUrl, PICKLED_URL)
})

t.test('arguments for Python come back as they were', async (t) => {
  const args = [
    null,
    true,
    false,
    0,
    255,
    256,
    65_535,
    65_536,
    -1,
    2 ** 31,
    -(2 ** 31) - 1,
    Number.MAX_SAFE_INTEGER,
    Number.MIN_SAFE_INTEGER,
    -128n * 2n ** 64n,
    2n ** 2039n - 1n,
    -(2n ** 2039n),
    1.5,
    -0,
    Number.NaN,
    2 ** 60,
    'ä✓𝄞',
    new Uint8Array([0, 255]),
    [],
    [1, [2, {}]],
    { a: 1, b: { c: [null] } },
    new Map<unknown, unknown>([[1, 2]]),
    new Set([1, 'a']),
    JSON.parse('{"__proto__":1}'),
  ]
  const value = decodeValue(encodePythonArguments(args, { key: 'value' })) as PickledArguments
  t.strictSame(value.args, args)
  t.strictSame(value.kwargs, { key: 'value' })
  t.same(encodeValue(value), encodePythonArguments(args, { key: 'value' }))
})

t.test('what Python has another word for', async (t) => {
  const given = [
    undefined,
    float(1),
    { a: undefined, b: 1 },
    new URL('http://a.example/'),
    new Map([['a', undefined]]),
  ]
  const value = decodeValue(encodePythonArguments(given)) as PickledArguments
  t.strictSame(value.args, [null, 1, { b: 1 }, 'http://a.example/', { a: null }])
  t.match(Buffer.from(encodePythonArguments([float(1)]).value).toString('latin1'), '(G\x3f\xf0\0\0\0\0\0\0t')
})

t.test('what cannot be an argument for Python is refused with its path', async (t) => {
  const circular: unknown[] = []
  circular.push(circular)
  const cases = [
    { name: 'a function', args: [1, { f: () => 1 }], want: /^args\[1\]\.f: a function cannot be carried/ },
    {
      name: 'a date',
      args: [[new Date(0)]],
      want: /^args\[0\]\[0\]: an instance of Date cannot be carried to Python/,
    },
    { name: 'a typed array', args: [new Float64Array(1)], want: /^args\[0\]: an instance of Float64Array/ },
    { name: 'a circular list', args: [circular], want: /^args\[0\]\[0\]: a circular structure/ },
    {
      name: 'a lone surrogate',
      args: ['\ud800'],
      want: /^args\[0\]: a string that is not well-formed Unicode/,
    },
    {
      name: 'an integer of 256 bytes',
      args: [2n ** 2039n],
      want: /^args\[0\]: a bigint of more than 255 bytes/,
    },
    { name: 'inside a map', args: [new Map([['k', () => 1]])], want: /^args\[0\]\.k: a function/ },
  ]
  t.plan(cases.length + 1)
  for (const { name, args, want } of cases) {
    t.throws(() => encodePythonArguments(args), { status: 'invalid_argument', message: want }, name)
  }
  t.throws(
    () => encodePythonArguments([], { k: Symbol('x') }),
    { message: /^kwargs\.k: a symbol/ },
    'a keyword',
  )
})
