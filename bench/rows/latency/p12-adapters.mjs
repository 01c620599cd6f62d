// P12: what the adapters add to what a framework costs anyway.
import { RUN_PATH } from '@dispatch/core/adapter'
import { create, encodeRunRequest, RunRequestSchema } from '@dispatch/protocol/messages'
import { formatVerificationKey, generateKeyPair, signRequest } from '@dispatch/protocol/signature'
import { encodeValue } from '@dispatch/protocol/values'
import { benchmark } from '../../lib/measure/benchmark.mjs'
import { startChild } from '../../lib/work/child.mjs'
import { postBurst } from '../../lib/work/load.mjs'
import { increment } from '../../lib/work/workloads.mjs'

/** Requests to each variant: so many in turns of so many, so that all see the same machine. */
const ROUNDS = 3
const COUNT = 800

/** Different requests; each is sent many times. */
const REQUESTS = 64

const keys = generateKeyPair()
const child = startChild('adapters')
const origins = await child.ask('open', formatVerificationKey(keys.publicKey))

await benchmark({
  id: 'P12',
  title: 'CPU that an adapter adds to a bare route, per run of a no-op',
  how: 'CPU time of the server process alone, per request, 16 connections, the variants in turns. Bare route: the same framework reading the same bytes and answering as many. Unsigned: the adapter runs what anybody sends. Signature: what verification adds.',
  metrics: Object.fromEntries(
    ['fastify', 'express'].flatMap((framework) => {
      const name = framework === 'fastify' ? 'Fastify 5' : 'Express 5'
      return [
        [`${framework}.bare`, { name: `${name}, bare route`, unit: 'µs' }],
        [`${framework}.run`, { name: `${name}, a run over it`, unit: 'µs', atMost: 60, stretch: 30 }],
        [`${framework}.signature`, { name: `${name}, its signature over that`, unit: 'µs' }],
      ]
    }),
  ),
  async measure({ count }) {
    const requests = count(COUNT)
    const sample = {}
    for (const [framework, variants] of Object.entries(origins)) {
      const cpu = { bare: 0, unsigned: 0, signed: 0 }
      for (let round = 0; round < ROUNDS; round++) {
        for (const variant of Object.keys(cpu))
          cpu[variant] += (await cpuPerRequest(variants[variant], requests)) / ROUNDS
      }
      sample[`${framework}.bare`] = cpu.bare
      sample[`${framework}.run`] = cpu.unsigned - cpu.bare
      sample[`${framework}.signature`] = cpu.signed - cpu.unsigned
    }
    return sample
  },
})
await child.stop()

async function cpuPerRequest(origin, count) {
  const requests = Array.from({ length: REQUESTS }, (_, index) => signedRun(origin, index))
  const before = await child.cpuMicros()
  await postBurst(origin, count, (index) => requests[index % REQUESTS])
  return ((await child.cpuMicros()) - before) / count
}

/** A run as a scheduler would ask for it; the same bytes for every variant. */
function signedRun(origin, index) {
  const id = `bench-${index}`
  const body = encodeRunRequest(
    create(RunRequestSchema, {
      dispatchId: id,
      rootDispatchId: id,
      function: increment.name,
      directive: { case: 'input', value: encodeValue(index) },
    }),
  )
  const contentType = 'application/proto'
  const signable = { method: 'POST', path: RUN_PATH, authority: new URL(origin).host, contentType, body }
  const signature = signRequest(signable, keys.privateKey, Math.floor(Date.now() / 1000))
  return { path: RUN_PATH, headers: { 'content-type': contentType, ...signature }, body }
}
