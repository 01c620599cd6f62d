// P11: what an application's own requests feel of the calls that its process runs.
import { setTimeout as sleep } from 'node:timers/promises'
import { benchmark } from '../../lib/measure/benchmark.mjs'
import { quantile } from '../../lib/measure/stats.mjs'
import { startChild } from '../../lib/work/child.mjs'
import { createSteadyLoad } from '../../lib/work/load.mjs'

const COUNT = 20_000
const REQUESTS_PER_SECOND = 500
const QUIET_MS = 2_000

const child = startChild('web-application')

await benchmark({
  id: 'P11',
  title: "a Fastify application's own route while 20,000 calls drain in the same process",
  how: `${REQUESTS_PER_SECOND} requests a second to a small JSON route, sent at a steady rate whether earlier ones are answered or not, from another process; before, and while the backlog of P4 is worked off. The same process every time, a new application and file. For comparison, after each drain, as long: no calls, but the main thread and another busy in turns of 0.1 ms and pieces of 2.5 ms.`,
  runs: 3,
  metrics: {
    ratio: { name: 'p99 with over p99 without', unit: 'x', atMost: 2, stretch: 1.3 },
    quietP50: { name: 'p50 without', unit: 'ms' },
    busyP50: { name: 'p50 with', unit: 'ms' },
    quietP99: { name: 'p99 without', unit: 'ms' },
    busyP99: { name: 'p99 with', unit: 'ms' },
    churnP99: { name: 'p99 with two threads that only count, as long', unit: 'ms' },
    pauseMs: { name: 'longest pause of the event loop', unit: 'ms' },
    drainMs: { name: 'drain', unit: 'ms' },
  },
  async measure({ count, folder }) {
    const url = await child.ask('open', folder())
    const load = createSteadyLoad(`${url}/orders/A-10001`, REQUESTS_PER_SECOND)
    await child.ask('fill', count(COUNT))
    await load.latencies(sleep(count(QUIET_MS) / 4))
    const quiet = await load.latencies(sleep(count(QUIET_MS)))
    const startedMs = performance.now()
    const drain = child.ask('drain')
    const busy = await load.latencies(drain)
    const drainMs = performance.now() - startedMs
    const churned = await load.latencies(child.ask('churn', drainMs))
    await load.close()
    await child.ask('close')
    return {
      ratio: quantile(busy, 0.99) / quantile(quiet, 0.99),
      quietP50: quantile(quiet, 0.5),
      busyP50: quantile(busy, 0.5),
      quietP99: quantile(quiet, 0.99),
      busyP99: quantile(busy, 0.99),
      churnP99: quantile(churned, 0.99),
      pauseMs: await drain,
      drainMs,
    }
  },
})
await child.stop()
