import { once } from 'node:events'
import { createServer } from 'node:http'
import type { AddressInfo } from 'node:net'
import { STATUSES } from '@dispatch/protocol'
import { CallSchema, CallState, create, RunResponseSchema, toBinary } from '@dispatch/protocol/messages'
import { createHttpTransport, createMemoryStore, createScheduler } from '@dispatch/scheduler'
import t, { type Test } from 'tap'

/**
 * How long the endpoint works on a run: long beside what a run costs, so that its capacity is what holds calls back, and
 * not the same for all, so that they do not come in step.
 */
const WORK_MS = [20, 70, 40, 90, 30, 80, 50, 60]

const OK = toBinary(
  RunResponseSchema,
  create(RunResponseSchema, { status: STATUSES.ok.code, directive: { case: 'exit', value: {} } }),
)

/** Runs that one capacity lasts for, and those of them after which it should have been found. */
interface Stage {
  readonly capacity: number
  readonly runs: number
  readonly findsIn: number
}

const STAGES: Stage[] = [
  { capacity: 24, runs: 1_200, findsIn: 400 },
  { capacity: 12, runs: 600, findsIn: 100 },
  { capacity: 24, runs: 1_200, findsIn: 400 },
]
const CALLS = STAGES.reduce((sum, stage) => sum + stage.runs, 0)

t.test(
  'over HTTP, too, a limit finds the real capacity of an endpoint, follows it and comes back',
  async (t) => {
    const { url, seen } = await startEndpoint(t)
    const transport = createHttpTransport()
    const scheduler = createScheduler({
      store: createMemoryStore(),
      endpointOf: transport.endpointOf,
    })
    t.teardown(async () => {
      await scheduler.stop(0)
      await scheduler.close()
      await transport.close()
    })
    await scheduler.open()
    scheduler.start()
    const ids = await scheduler.dispatch(
      Array.from({ length: CALLS }, () => create(CallSchema, { endpoint: url, function: 'f' })),
    )
    const ends = await Promise.all(ids.map((id) => scheduler.wait(id, 300_000)))
    t.ok(
      ends.every((end) => end?.state === CallState.DONE && end.status === STATUSES.ok.code),
      'every call ends well',
    )
    for (const [index, { capacity, findsIn }] of STAGES.entries()) {
      const steady = (seen[index] as Seen[]).slice(findsIn)
      const admitted = steady.filter(({ isAdmitted }) => isAdmitted)
      const used = admitted.reduce((sum, { busy }) => sum + busy, 0) / admitted.length / capacity
      const throttled = 1 - admitted.length / steady.length
      // A busy machine adds delays of its own; the test in virtual time holds the limit to 85 % and 5 %.
      t.ok(used >= 0.6, `capacity ${capacity}: ${used.toFixed(2)} of it is in use when a run comes`)
      t.ok(throttled <= 0.1, `capacity ${capacity}: ${throttled.toFixed(3)} of the runs are throttled`)
    }
  },
)

/** A run as it came: whether there was room, and how many were worked on then, this one included. */
interface Seen {
  readonly isAdmitted: boolean
  readonly busy: number
}

/** An endpoint with a capacity; further runs get 429 immediately. It moves through the stages by the number of runs. */
async function startEndpoint(t: Test): Promise<{ url: string; seen: Seen[][] }> {
  const seen: Seen[][] = STAGES.map(() => [])
  let busy = 0
  let stage = 0
  let left = (STAGES[0] as Stage).runs
  const server = createServer((incoming, response) => {
    incoming.resume()
    const isAdmitted = busy < (STAGES[stage] as Stage).capacity
    if (isAdmitted) busy += 1
    seen[stage]?.push({ isAdmitted, busy })
    if (!isAdmitted) {
      response.writeHead(429).end()
      return
    }
    left -= 1
    if (left === 0 && stage < STAGES.length - 1) {
      stage += 1
      left = (STAGES[stage] as Stage).runs
    }
    setTimeout(
      () => {
        busy -= 1
        response.setHeader('content-type', 'application/proto')
        response.end(OK)
      },
      WORK_MS[left % WORK_MS.length],
    )
  })
  server.listen(0, '127.0.0.1')
  await once(server, 'listening')
  t.teardown(() => {
    server.closeAllConnections()
    server.close()
  })
  return { url: `http://127.0.0.1:${(server.address() as AddressInfo).port}`, seen }
}
