// An application of another SDK, which does not support our extensions, with our scheduler over HTTP.
import { once } from 'node:events'
import { createServer } from 'node:http'
import type { AddressInfo } from 'node:net'
import { Dispatch } from '@dispatch/core'
import {
  type Call,
  CallSchema,
  create,
  fromBinary,
  type MessageInit,
  type RunRequest,
  RunRequestSchema,
  type RunResponse,
  RunResponseSchema,
  toBinary,
} from '@dispatch/protocol/messages'
import { decodeValue, encodeValue } from '@dispatch/protocol/values'
import { RETRY_POLICY, serveScheduler } from '@dispatch/scheduler'
import t, { type Test } from 'tap'

type ResponseInit = MessageInit<RunResponse>

interface PollFields {
  readonly calls?: MessageInit<Call>[]
  readonly minResults?: number
  readonly maxWait?: { readonly seconds: bigint; readonly nanos: number }
}

/** A coroutine of another SDK: how far it is, and what it has added up. */
interface Progress {
  readonly done: number
  readonly sum: number
}

/** Field of the coroutine state in a message: early SDKs and current ones. */
const FORMS = {
  bytes: {
    write: (progress: Progress) =>
      ({ case: 'coroutineState', value: Buffer.from(JSON.stringify(progress)) }) as const,
    read: (value: unknown) => JSON.parse(Buffer.from(value as Uint8Array).toString()) as Progress,
  },
  any: {
    write: (progress: Progress) => {
      const value = encodeValue(JSON.stringify(progress)) as NonNullable<ReturnType<typeof encodeValue>>
      return { case: 'typedCoroutineState', value } as const
    },
    read: (value: unknown) =>
      JSON.parse(decodeValue(value as Parameters<typeof decodeValue>[0]) as string) as Progress,
  },
}

for (const [form, { write, read }] of Object.entries(FORMS)) {
  /** Suspends until one of these calls, or some, or time has come. */
  const poll = (progress: Progress, more: PollFields): ResponseInit => ({
    status: 1,
    directive: { case: 'poll', value: { state: write(progress), minResults: 1, maxResults: 10, ...more } },
  })
  const stepCall = (n: number) => ({ function: 'step', input: encodeValue(n), correlationId: BigInt(n + 1) })

  const functions: Record<
    string,
    (request: RunRequest, input: number, at: Progress | undefined) => ResponseInit
  > = {
    step: (_, n) => exit(n + 1),
    chain: ({ directive }, length, at = { done: 0, sum: 0 }) => {
      const results = directive.case === 'pollResult' ? directive.value.results : []
      const sum = results.reduce((total, { output }) => total + Number(decodeValue(output)), at.sum)
      const done = at.done + results.length
      return done === length ? exit(sum) : poll({ done, sum }, { calls: [stepCall(done)] })
    },
    // Ten results at a time of calls that are made together.
    fan: ({ directive }, width, at) => {
      if (at === undefined) {
        const calls = Array.from({ length: width }, (_, n) => stepCall(n))
        return poll({ done: 0, sum: 0 }, { calls, minResults: 10 })
      }
      const results = directive.case === 'pollResult' ? directive.value.results : []
      if (results.length > 10) return { status: 6 }
      const sum = results.reduce((total, { output }) => total + Number(decodeValue(output)), at.sum)
      const done = at.done + results.length
      return done === width ? exit(sum) : poll({ done, sum }, { minResults: 10 })
    },
    sleeper: (_, ms, at) =>
      at === undefined
        ? poll({ done: ms, sum: 0 }, { maxWait: { seconds: 0n, nanos: ms * 1e6 } })
        : exit('awake'),
  }

  t.test(`an application of another SDK, its state in the form of ${form}`, async (t) => {
    const endpoint = await startEndpoint(t, (request) => {
      const { directive } = request
      if (directive.case === 'input') {
        const input = Number(decodeValue(directive.value))
        return functions[request.function]?.(request, input, undefined) ?? { status: 12 }
      }
      const at = directive.value && read(directive.value.state.value)
      // Its input is in its state, or nowhere.
      const input = request.function === 'chain' ? 300 : 100
      return functions[request.function]?.(request, input, at) ?? { status: 12 }
    })
    const run = await startScheduler(t, endpoint)
    t.equal(await run('chain', 300), (300 * 301) / 2, 'a chain of 300 calls')
    t.equal(await run('fan', 100), (100 * 101) / 2, 'a fan of 100')
    t.equal(await run('sleeper', 20), 'awake', 'a sleep')
  })
}

function exit(output: unknown): ResponseInit {
  return { status: 1, directive: { case: 'exit', value: { result: { output: encodeValue(output) } } } }
}

/** Every fifth request is answered 503, so that runs are repeated from their last state. */
async function startEndpoint(t: Test, handle: (request: RunRequest) => ResponseInit): Promise<string> {
  let requests = 0
  const server = createServer(async (incoming, response) => {
    const chunks: Buffer[] = []
    for await (const chunk of incoming) chunks.push(chunk)
    requests += 1
    if (requests % 5 === 0) {
      response.writeHead(503).end()
      return
    }
    const message = create(RunResponseSchema, handle(fromBinary(RunRequestSchema, Buffer.concat(chunks))))
    response.setHeader('content-type', 'application/proto')
    response.end(toBinary(RunResponseSchema, message))
  })
  server.listen(0, '127.0.0.1')
  await once(server, 'listening')
  t.teardown(() => {
    server.closeAllConnections()
    server.close()
  })
  return `http://127.0.0.1:${(server.address() as AddressInfo).port}`
}

async function startScheduler(t: Test, endpoint: string) {
  const retryPolicy = { ...RETRY_POLICY, delayMsMin: 1, delayMsMax: 20 }
  const served = await serveScheduler({ store: ':memory:', port: 0, retryPolicy })
  t.teardown(() => served.close(0))
  const client = new Dispatch({
    apiUrl: served.url,
    apiKey: 'plain-application',
    endpointUrl: endpoint,
    allowUnsigned: true,
    env: {},
  })
  t.teardown(() => client.close())
  return async (name: string, input: number): Promise<unknown> => {
    const call = create(CallSchema, { endpoint, function: name })
    const value = encodeValue(input)
    if (value !== undefined) call.input = value
    const [handle] = await client.dispatchBatch([call])
    return await handle?.result({ timeout: '60s' })
  }
}
