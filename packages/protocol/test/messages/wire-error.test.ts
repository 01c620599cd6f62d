import { DispatchError, ThrottledError } from '@dispatch/protocol'
import {
  create,
  fromBinary,
  fromWireError,
  PickledSchema,
  toBinary,
  toWireError,
  WireErrorSchema,
  wireErrorOfStatus,
} from '@dispatch/protocol/messages'
import fc from 'fast-check'
import t from 'tap'

class CardError extends Error {}
class NamedError extends Error {
  override name = 'Named'
}

function revokedProxy(): object {
  const { proxy, revoke } = Proxy.revocable({}, {})
  revoke()
  return proxy
}

t.test('anything thrown has a type and a message on the wire', async (t) => {
  const hostile = new Proxy(new Error('x'), {
    get() {
      throw new Error('no')
    },
  })
  const cases = [
    { name: 'an Error', thrown: new Error('boo'), want: ['Error', 'boo'] },
    { name: 'a built-in error', thrown: new RangeError('boo'), want: ['RangeError', 'boo'] },
    { name: 'a class without a name', thrown: new CardError('boo'), want: ['CardError', 'boo'] },
    { name: 'a class with a name', thrown: new NamedError('boo'), want: ['Named', 'boo'] },
    { name: 'a named error of ours', thrown: new ThrottledError('boo'), want: ['ThrottledError', 'boo'] },
    { name: 'a DispatchError', thrown: new DispatchError('dns', 'boo'), want: ['DnsError', 'boo'] },
    { name: 'a text', thrown: 'boo', want: ['Error', 'boo'] },
    { name: 'a revoked proxy', thrown: revokedProxy(), want: ['Error', '(unreadable)'] },
    { name: 'nothing', thrown: undefined, want: ['Error', 'undefined'] },
    { name: 'a plain object with a message', thrown: { message: 'boo' }, want: ['Object', 'boo'] },
    { name: 'an object without a prototype', thrown: Object.create(null), want: ['Error', '(unreadable)'] },
    { name: 'a symbol', thrown: Symbol('boo'), want: ['Error', 'Symbol(boo)'] },
    { name: 'a hostile proxy', thrown: hostile, want: ['(unreadable)', '(unreadable)'] },
    { name: 'a lone surrogate', thrown: new Error('\ud800'), want: ['Error', '\ufffd'] },
  ]
  for (const { name, thrown, want } of cases) {
    const { type, message } = fromBinary(WireErrorSchema, toBinary(WireErrorSchema, toWireError(thrown)))
    t.strictSame([type, message], want, name)
  }
  t.equal(toWireError(new Error('\ud800')).message, '\ufffd', 'a lone surrogate, before it is encoded')
})

t.test('R22 an error that we send has a stack trace and no value', async (t) => {
  const error = toWireError(new Error('boo', { cause: new CardError('below') }))
  t.equal(error.value.byteLength, 0)
  const trace = Buffer.from(error.traceback).toString()
  t.match(trace, /^Error: boo\n {4}at .*wire-error\.test/)
  t.match(trace, /\ncaused by: .*below\n/)
})

t.test('a trace ends, however long or circular its causes are', async (t) => {
  const circular = new Error('boo')
  circular.cause = circular
  let deep = new Error('bottom')
  for (let i = 0; i < 100; i++) deep = new Error(`level ${i}`, { cause: deep })
  for (const error of [circular, deep, new Error('x'.repeat(1_000_000))]) {
    t.ok(toWireError(error).traceback.byteLength <= 32_768)
  }
})

t.test('R21 the error of another process is thrown as one that names it', async (t) => {
  const wire = create(WireErrorSchema, {
    type: 'ValueError',
    message: 'boo',
    traceback: Buffer.from('File "a.py"'),
  })
  const error = fromWireError(wire, { dispatchId: '7', output: 1 })
  t.ok(error instanceof DispatchError)
  t.match(error, {
    name: 'ValueError',
    message: 'boo',
    status: 'permanent',
    remoteStack: 'File "a.py"',
    dispatchId: '7',
    output: 1,
  })
  t.equal(String(error), 'ValueError: boo')
  // Rethrown by a parent, it is encoded as the same error.
  const again = toWireError(error)
  t.match(again, { type: 'ValueError', message: 'boo' })
  t.match(Buffer.from(again.traceback).toString(), 'File "a.py"')
})

t.test('a wire error has the status of its type', async (t) => {
  const cases = [
    { type: 'ThrottledError', want: 'throttled' },
    { type: 'throttled', want: 'throttled' },
    { type: 'ThrottleError', want: 'throttled' },
    { type: 'DNSError', want: 'dns' },
    { type: 'InvalidArgumentError', want: 'invalid_argument' },
    { type: 'TimeoutError', want: 'timeout' },
    { type: 'RuntimeError', want: 'permanent' },
    { type: 'ok', want: 'permanent' },
    { type: 'constructor', want: 'permanent' },
    { type: '', want: 'permanent' },
    { type: 'status', message: 'temporary', want: 'temporary' },
    { type: 'status', message: '6', want: 'temporary' },
    { type: 'status', message: 'ok', want: 'permanent' },
    { type: 'status', message: 'boo', want: 'permanent' },
  ]
  for (const { type, message = 'boo', want } of cases) {
    t.equal(fromWireError(create(WireErrorSchema, { type, message })).status, want, `${type} ${message}`)
  }
  t.equal(fromWireError(create(WireErrorSchema, { type: 'TimeoutError' }), { status: 'tcp' }).status, 'tcp')
  t.equal(fromWireError(wireErrorOfStatus('tls')).status, 'tls')
})

t.test('an empty wire error has a message', async (t) => {
  t.match(fromWireError(create(WireErrorSchema)), { message: 'unknown error', name: 'PermanentError' })
  t.match(fromWireError(create(WireErrorSchema, { type: 'Boo' })), { message: 'Boo', name: 'Boo' })
})

t.test('the value of a Python error is never looked at', async (t) => {
  const pickle = toBinary(PickledSchema, create(PickledSchema, {}))
  const error = fromWireError(create(WireErrorSchema, { type: 'X', message: 'boo', value: pickle }))
  t.equal(error.message, 'boo')
})

t.test('whatever is thrown arrives', async (t) => {
  fc.assert(
    fc.property(fc.anything({ withNullPrototype: true, withBigInt: true, withDate: true }), (thrown) => {
      const wire = fromBinary(WireErrorSchema, toBinary(WireErrorSchema, toWireError(thrown)))
      return fromWireError(wire) instanceof DispatchError
    }),
  )
  t.pass()
})
