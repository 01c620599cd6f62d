// Two installations of everything in one process, one loaded as ES modules and one as CommonJS, work together.
import { createRequire } from 'node:module'
import { Dispatch, DispatchError, duration, errorType, func, int, NotFoundError } from '@dispatch/core'
import { dispatchPlugin } from '@dispatch/fastify'
import Fastify from 'fastify'

const require = createRequire(import.meta.url)
const other = require('./other/node_modules/@dispatch/core/bundle/cjs/index.js')
if (other.func === func || other.DispatchError === DispatchError)
  throw new Error('expected two copies, got one')

class QuotaError extends Error {}

const double = func('double', async (value) => value * 2)
const otherDouble = other.func('otherDouble', async (value) => value * 2)
const ours = func('ours', async (values, call) => {
  await call.sleep(1)
  const [doubled] = await otherDouble.gather(values)
  return (await otherDouble.await(doubled)) + (await double.await(1))
})
const theirs = other.func('theirs', async (values, call) => {
  await call.sleep(1)
  return await ours.tailCall(await double.gather(values))
})
const values = other.func('values', async () => [other.int(5), int(6), other.duration('2s'), duration('3s')])
const fails = other.func('fails', async (kind) => {
  if (kind === 'quota') throw new QuotaError('no more')
  throw new other.NotFoundError('there is none')
})
const catches = func('catches', async () => {
  try {
    return await fails.await('none')
  } catch (error) {
    return [error instanceof NotFoundError, error instanceof other.NotFoundError, error.status].join()
  }
})

const functions = [double, otherDouble, ours, theirs, values, fails, catches]
const app = Fastify()
await app.register(dispatchPlugin, {
  functions,
  store: ':memory:',
  start: 'ready',
  errorTypes: [other.errorType(QuotaError, 'throttled'), errorType(RangeError, 'permanent')],
})
app.get('/theirs', async (_request, reply) => reply.dispatched(theirs.dispatch([1])))
await app.ready()

expect((await app.inject('/theirs?wait=10s')).json().output, 10)
const [five, six, two, three] = await (await values.dispatch()).result()
expect([five, six, two.constructor === three.constructor, two.seconds, three.seconds].join(), '5,6,true,2,3')
expect(await (await catches.dispatch()).result(), 'true,true,not_found')
const error = await (await fails.dispatch('none')).result().catch((reason) => reason)
expect(error instanceof DispatchError && error instanceof other.DispatchError, true)
await app.close()

const second = new other.Dispatch({ functions: [double, ours, otherDouble], store: ':memory:' })
await second.start()
expect(await (await second.dispatch(ours, [2])).result(), 10)
await second.close()
expect(second instanceof Dispatch, false)

function expect(got, want) {
  if (got !== want) throw new Error(`expected ${want}, got ${got}`)
}
