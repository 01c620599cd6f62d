import { type CallHandle, type Dispatch, func } from '@dispatch/core'
import { dispatchPlugin } from '@dispatch/fastify'
import Fastify from 'fastify'
import t from 'tap'

const greet = func('greet', async (name: string) => `hello ${name}`)
const tick = func('tick', async () => 1)

/** Compiled, never run. */
export async function typed(): Promise<void> {
  const app = Fastify()
  await app.register(dispatchPlugin, { functions: [greet, tick] })
  const handle: CallHandle<string> = await app.dispatch(greet, 'Ada', { delay: '5s' })
  const ticked: CallHandle<number> = await app.dispatch(tick)
  const instance: Dispatch = app.dispatch.instance
  // @ts-expect-error: the input is a text
  await app.dispatch(greet, 5)
  // @ts-expect-error: the input is missing
  await app.dispatch(greet)
  // @ts-expect-error: there is no such option
  await app.register(dispatchPlugin, { function: [greet] })
  // @ts-expect-error: there is no such start
  await app.register(dispatchPlugin, { start: 'soon' })
  app.post('/', { config: { dispatch: true } }, async (request, reply) => {
    const dispatched: CallHandle<string> = await request.dispatch(greet, 'Ada')
    // @ts-expect-error: the input is a text
    await request.dispatch(greet, { name: 'Ada' })
    // @ts-expect-error: this is no handle
    await reply.dispatched(handle.id)
    return reply.dispatched(dispatched)
  })
  app.get('/', async (request, reply) => reply.dispatched(request.dispatch(tick)))
  await Promise.all([handle.result(), ticked.result(), instance.close()])
}

t.test('the decorators are typed where the plugin is imported', async (t) => {
  t.type(typed, 'function')
})
