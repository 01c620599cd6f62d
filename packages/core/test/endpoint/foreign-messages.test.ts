import { create } from '@bufbuild/protobuf'
import {
  ApiSchema,
  anyPack,
  anyUnpack,
  type Any as ForeignAny,
  StringValueSchema,
  TimestampSchema,
} from '@bufbuild/protobuf/wkt'
import { Dispatch, func, rawValue } from '@dispatch/core'
import type { Any } from '@dispatch/protocol/messages'
import { decodeValue } from '@dispatch/protocol/values'
import t from 'tap'
import { postRun, runRequestBytes, runResponseOf } from '../helpers/run-requests.js'
import { createSchedulerDouble } from '../helpers/scheduler-double.js'

// Applications may use messages of protobuf-es 2, which have the same shape as those of this package.

const rename = func('rename', { input: rawValue, output: rawValue }, async (input) => {
  const api = anyUnpack(input, ApiSchema)
  return anyPack(ApiSchema, create(ApiSchema, { name: `${api?.name}2` }))
})

t.test('an Any of protobuf-es is one of this package, and the reverse', async (t) => {
  const foreign: ForeignAny = anyPack(StringValueSchema, create(StringValueSchema, { value: 'x' }))
  const own: Any = foreign
  const again: ForeignAny = own
  t.equal(decodeValue(again), 'x')
})

t.test('a message of an unknown type is passed in and out as an Any', async (t) => {
  const input = anyPack(ApiSchema, create(ApiSchema, { name: 'api' }))
  t.equal(rename.buildCall(input).input, input)
  const dispatch = new Dispatch({
    functions: [rename],
    scheduler: createSchedulerDouble(),
    allowUnsigned: true,
    env: {},
  })
  const body = runRequestBytes({ function: 'rename', directive: { case: 'input', value: input } })
  const { directive } = runResponseOf(await postRun(dispatch, body))
  const output = directive.case === 'exit' ? directive.value.result?.output : undefined
  t.equal(anyUnpack(output as Any, ApiSchema)?.name, 'api2')
})

t.test('a message of a known type is encoded as it is', async (t) => {
  const fn = func('fn', async (_at: unknown) => null)
  const { input } = fn.buildCall(create(TimestampSchema, { seconds: 1n }))
  t.strictSame(decodeValue(input), new Date(1_000))
})

t.test('a message of another type must be packed', async (t) => {
  const fn = func('fn', async (_api: unknown) => null)
  t.throws(() => fn.buildCall(create(ApiSchema, { name: 'api' })), {
    status: 'invalid_argument',
    message:
      'input: a message of type google.protobuf.Api cannot be carried; pack it with anyPack() of @bufbuild/protobuf',
  })
})
