// P5: what a durable call costs when the scheduler and the application are two processes.
import { benchmark } from './lib/benchmark.mjs'
import { startHttpPair } from './lib/http-pair.mjs'
import { metered } from './lib/meter.mjs'

const COUNT = 5_000

const pair = await startHttpPair()

await benchmark({
  id: 'P5',
  title: 'dispatch and execute no-op calls over HTTP, results awaited, 64 at a time',
  how: 'serveScheduler over one SQLite file and a Fastify application on loopback, two processes that live through all runs, runs signed with Ed25519 and verified; the client is in the application. 5,000 calls a run, three exchanges each: Dispatch, Wait, Run.',
  metrics: {
    rate: { name: 'rate', unit: 'calls/s', atLeast: 5_000, stretch: 20_000 },
    cpu: { name: 'CPU per call, both processes', unit: 'µs', atMost: 250, stretch: 60 },
    application: { name: '… of this the application, client included', unit: 'µs' },
  },
  async measure({ count }) {
    const calls = count(COUNT)
    const before = await pair.application.cpuMicros()
    const { ms, cpuMicros } = await metered(
      () => pair.application.ask('executeAwaited', calls),
      pair.children,
    )
    const application = (await pair.application.cpuMicros()) - before
    return { rate: (calls / ms) * 1000, cpu: cpuMicros / calls, application: application / calls }
  },
})
await pair.close()
