import { Dispatch } from '@dispatch/core'
import t from 'tap'
import { greet, greetAll } from '../dist/functions.js'

t.test('every function does the same when it is rebuilt at each await', async (t) => {
  t.plan(2)
  for (const replayCheck of [false, true]) {
    const dispatch = new Dispatch({ functions: [greet, greetAll], store: ':memory:', env: {}, replayCheck })
    t.teardown(() => dispatch.close())
    await dispatch.start()
    const handle = await dispatch.dispatch(greetAll, ['Ada', 'Bo', 'Cy'])
    const output = await handle.result({ timeout: '20s' })
    t.strictSame(output, ['Hello, Ada!', 'Hello, Bo!', 'Hello, Cy!'], `replayCheck ${replayCheck}`)
  }
})
