import http from 'node:http'
import { type CallHandle, type Dispatch, func } from '@dispatch/core'
import { dispatchMiddleware } from '@dispatch/express'
import express from 'express'
import t from 'tap'

const greet = func('greet', async (name: string) => `hello ${name}`)
const tick = func('tick', async () => 1)

/** Compiled, never run. */
export function typed(): void {
  const app = express()
  const middleware = dispatchMiddleware({ functions: [greet, tick] })
  app.use(middleware)
  app.use('/mount', middleware)
  express.Router().use(middleware)
  const instance: Dispatch = middleware.dispatch
  const server: http.Server = middleware.attach(http.createServer(app))
  // @ts-expect-error: there is no such option
  dispatchMiddleware({ function: [greet] })
  // @ts-expect-error: there is no such start
  dispatchMiddleware({ start: 'soon' })
  app.post('/:name', async (req, res) => {
    const dispatched: CallHandle<string> = await req.dispatch(greet, req.params.name, { delay: '5s' })
    const ticked: CallHandle<number> = await req.dispatch(tick)
    // @ts-expect-error: the input is a text
    await req.dispatch(greet, { name: 'Ada' })
    // @ts-expect-error: the input is missing
    await req.dispatch(greet)
    // @ts-expect-error: this is no handle
    await res.dispatched(ticked.id)
    await res.dispatched(dispatched)
  })
  app.get('/', (req, res) => res.dispatched(req.dispatch(tick)))
  server.close()
  void instance.close()
}

t.test('requests and responses are typed where the middleware is imported', async (t) => {
  t.type(typed, 'function')
})
