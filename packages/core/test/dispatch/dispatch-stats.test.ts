import { Dispatch, type FunctionStats } from '@dispatch/core'
import t from 'tap'
import { createSchedulerDouble } from '../helpers/scheduler-double.js'

const STATS: FunctionStats = {
  tenant: '',
  endpoint: 'bridge://embedded',
  function: 'charge',
  limit: 5,
  limitMin: 5,
  limitMax: 12,
  inFlight: 5,
  waiting: 3,
  ended: { ok: 20, throttled: 1 },
  suspended: 0,
}

t.test('stats are those of the embedded scheduler, once it is open', async (t) => {
  const dispatch = new Dispatch({
    env: {},
    scheduler: () => ({
      ...createSchedulerDouble(),
      async open() {},
      start() {},
      async stop() {},
      async close() {},
      stats: () => [STATS],
    }),
  })
  t.strictSame(dispatch.stats(), [])
  await dispatch.open()
  t.strictSame(dispatch.stats(), [STATS])
})

t.test('stats are empty with a stand-alone scheduler', async (t) => {
  const dispatch = new Dispatch({ scheduler: createSchedulerDouble(), env: {} })
  await dispatch.open()
  t.strictSame(dispatch.stats(), [])
})
