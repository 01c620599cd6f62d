import { Dispatch } from '@dispatch/core'
import t from 'tap'
import { ship } from '../dist/parcel.js'

t.test('the function does the same when it is rebuilt at each await', async (t) => {
  t.plan(2)
  for (const replayCheck of [false, true]) {
    const dispatch = new Dispatch({ functions: [ship], store: ':memory:', env: {}, replayCheck })
    t.teardown(() => dispatch.close())
    await dispatch.start()
    const handle = await dispatch.dispatch(ship, { order: '7', items: ['a', 'b'] })
    t.match(await handle.result({ timeout: '20s' }), { order: '7', shipped: 2 }, `replayCheck ${replayCheck}`)
  }
})
