// P5: what a durable call costs when the scheduler and the application are two processes.
import { RUN_PATH } from '@dispatch/core/adapter'
import { formatVerificationKey, generateKeyPair } from '@dispatch/protocol/signature'
import { benchmark } from '../../lib/measure/benchmark.mjs'
import { metered } from '../../lib/measure/meter.mjs'
import { signatureMicros } from '../../lib/measure/probe.mjs'
import { startChild } from '../../lib/work/child.mjs'
import { startHttpPair } from '../../lib/work/http-pair.mjs'
import { postBurst } from '../../lib/work/load.mjs'

const COUNT = 5_000

/** About as many bytes as a signed request for a run has. */
const BARE_REQUEST = {
  path: RUN_PATH,
  headers: { 'content-type': 'application/proto', signature: 'x'.repeat(350) },
  body: Buffer.alloc(200, 'x'),
}

const bare = startChild('adapters')
const bareUrl = (await bare.ask('open', formatVerificationKey(generateKeyPair().publicKey))).fastify.bare

const pairs = { batched: await startHttpPair(), single: await startHttpPair({ runsPerRequestMax: 1 }) }

await benchmark({
  id: 'P5',
  title: 'dispatch and execute no-op calls over HTTP, results awaited, 64 at a time',
  how: 'serveScheduler over one SQLite file and a Fastify application on loopback, two processes that live through all runs, runs signed with Ed25519 and verified; the client is in the application. 5,000 calls a run. As it comes: runs, waits and dispatches that begin together share a request. One run in each request: runsPerRequestMax 1, as with every other SDK. In turns. Nothing that sends each run by itself can take less than the signature and the bare exchange together.',
  metrics: {
    'batched.rate': { name: 'as it comes: rate', unit: 'calls/s', atLeast: 5_000, stretch: 20_000 },
    'batched.cpu': { name: '… CPU per call, both processes', unit: 'µs', atMost: 250, stretch: 60 },
    'batched.application': { name: '… of this the application, client included', unit: 'µs' },
    'single.rate': { name: 'one run in each request: rate', unit: 'calls/s', atLeast: 5_000 },
    'single.cpu': { name: '… CPU per call, both processes', unit: 'µs', atMost: 250 },
    'single.application': { name: '… of this the application, client included', unit: 'µs' },
    exchange: {
      name: 'one bare HTTP exchange of as many bytes, undici and Fastify, both processes',
      unit: 'µs',
    },
    signature: { name: 'one Ed25519 signature, made and verified, and nothing else', unit: 'µs' },
  },
  async measure({ count }) {
    const calls = count(COUNT)
    const sample = { signature: signatureMicros() }
    for (const [name, pair] of Object.entries(pairs)) {
      const before = await pair.application.cpuMicros()
      const { ms, cpuMicros } = await metered(
        () => pair.application.ask('executeAwaited', calls),
        pair.children,
      )
      const application = (await pair.application.cpuMicros()) - before
      sample[`${name}.rate`] = (calls / ms) * 1000
      sample[`${name}.cpu`] = cpuMicros / calls
      sample[`${name}.application`] = application / calls
    }
    const exchanges = await metered(() => postBurst(bareUrl, calls, () => BARE_REQUEST), [bare])
    sample.exchange = exchanges.cpuMicros / calls
    return sample
  },
})
await Promise.all([bare.stop(), ...Object.values(pairs).map((pair) => pair.close())])
