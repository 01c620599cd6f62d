// P6: how long one call takes from its dispatch to its result, when there is nothing else to do.
import { benchmark } from '../../lib/measure/benchmark.mjs'
import { quantile } from '../../lib/measure/stats.mjs'
import { withEmbedded } from '../../lib/work/embedded.mjs'
import { startHttpPair } from '../../lib/work/http-pair.mjs'
import { latencies } from '../../lib/work/workloads.mjs'

const COUNT = 1_000
const HTTP_COUNT = 500

const pair = await startHttpPair()

await benchmark({
  id: 'P6',
  title: 'one call at a time, from dispatch to result',
  how: '1,000 calls one after the other in process, 500 over HTTP (as P5). The call is durable before it runs and its result before it is told: two syncs in each.',
  metrics: {
    embeddedP50: { name: 'in process, p50', unit: 'ms', atMost: 0.6, stretch: 0.4 },
    embeddedP99: { name: 'in process, p99', unit: 'ms' },
    httpP50: { name: 'HTTP, p50', unit: 'ms', atMost: 1.2, stretch: 0.8 },
    httpP99: { name: 'HTTP, p99', unit: 'ms' },
  },
  async measure({ count, folder }) {
    const embedded = await withEmbedded(folder(), { start: true }, () => latencies(count(COUNT)))
    const http = await pair.application.ask('latencies', count(HTTP_COUNT))
    return {
      embeddedP50: quantile(embedded, 0.5),
      embeddedP99: quantile(embedded, 0.99),
      httpP50: quantile(http, 0.5),
      httpP99: quantile(http, 0.99),
    }
  },
})
await pair.close()
