import { dispatchPlugin } from '@dispatch/fastify'
import Fastify from 'fastify'
import { dispatchInBatches } from '../../lib/work/embedded.mjs'
import { freePort } from '../../lib/work/free-port.mjs'
import { CLIENTS, inParallel } from '../../lib/work/parallel.mjs'
import { executeAwaited, functions, increment, latencies, runFans } from '../../lib/work/workloads.mjs'
import { serveContender } from '../lib/methods.mjs'

// A Fastify application with functions and a client, whose scheduler is another process.

/** A stand-alone scheduler runs what it is given; calls that are only to be recorded are not due before they are forgotten. */
const RECORDED = { delay: '1h' }

const app = Fastify()

serveContender({
  async open(options) {
    const port = await freePort()
    await app.register(dispatchPlugin, {
      functions,
      endpointUrl: `http://127.0.0.1:${port}`,
      env: {},
      ...options,
    })
    await app.listen({ host: '127.0.0.1', port })
  },
  methods: {
    record: { run: (count) => inParallel(count, CLIENTS, (n) => increment.dispatch(n, RECORDED)) },
    recordBatches: {
      run: (count) =>
        dispatchInBatches(app.dispatch.instance, count, (n) => increment.buildCall(n, RECORDED)),
    },
    executeAwaited: { run: executeAwaited },
    latencies: { run: latencies },
    gather: { run: (width) => runFans(1, width) },
  },
  close: () => app.close(),
})
