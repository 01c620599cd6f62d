import { type Endpoint, linkAbort, type RunOutcome, type RunSignal, type Status } from '@dispatch/protocol'
import { POLL_RESULTS_MAX } from '@dispatch/protocol/bounds'
import {
  fromBinary,
  type RunRequest,
  RunRequestSchema,
  type RunResponse,
  RunResponseSchema,
  toBinary,
} from '@dispatch/protocol/messages'
import { decodeValue } from '@dispatch/protocol/values'
import type { Dice } from '../tools/dice.js'
import { type FairnessCheck, QUEUED } from '../tools/fairness.js'
import { never, type Process } from '../tools/process.js'
import type { Log } from '../tools/violations.js'
import type { VirtualClock } from '../tools/virtual-clock.js'
import { KEY_CONCURRENCY_MAX, keyOf, LEAF_CONCURRENCY_MAX } from './functions.js'
import { garbage } from './garbage.js'
import type { Program } from './program.js'

export interface NetworkFaults {
  readonly requestLost: number
  readonly responseLost: number
  readonly repeated: number
  readonly refused: number
  readonly throttled: number
  readonly functionUnknown: number
  /** Probability of an invalid response. */
  readonly garbled: number
  readonly latencyMsMax: number
}

/** The handler of a request at the other end. */
export type Served = (request: RunRequest, signal: RunSignal) => Promise<RunResponse>

/** A process with functions, as seen by the network. */
export interface Server {
  readonly process: Process
  readonly serve: Served
  readonly has: (name: string) => boolean
  /** The process is overloaded and accepts nothing. */
  readonly isOverloaded: boolean
}

export interface WireOptions {
  readonly clock: VirtualClock
  readonly dice: Dice
  readonly log: Log
  readonly faults: () => NetworkFaults
  /** The scheduler's process. */
  readonly process: Process
  /** The current process at the other end. */
  readonly server: () => Server
  /** Trees with interference. */
  readonly tampered: Set<string>
  /** Trees that called a function that was not deployed. */
  readonly unknown: Set<string>
  /** The endpoint does not support our extensions. */
  readonly isPlain: boolean
}

/** An endpoint behind a network that loses, repeats, delays and reorders. */
export function createWire(options: WireOptions): Endpoint {
  return {
    async run(request, signal) {
      const { process, clock } = options
      if (!process.isAlive) return never()
      clock.activity += 1
      const outcome = await withAbort(exchange(options, request, signal), signal)
      clock.activity += 1
      return process.isAlive ? outcome : never()
    },
  }
}

async function exchange(options: WireOptions, request: RunRequest, signal: RunSignal): Promise<RunOutcome> {
  const { clock, dice, log } = options
  const faults = options.faults()
  const latency = (): Promise<void> => clock.pause(dice.next() * faults.latencyMsMax)
  await latency()
  if (dice.chance(faults.refused)) return failure('transport', 'tcp')
  const { isOverloaded, has, process } = options.server()
  if (isOverloaded || dice.chance(faults.throttled)) return failure('endpoint', 'throttled')
  if (process.isAlive && (!has(request.function) || dice.chance(faults.functionUnknown))) {
    options.unknown.add(request.rootDispatchId)
    return failure('function', 'not_found')
  }
  if (dice.chance(faults.requestLost)) {
    await clock.pause(dice.between(10, 5_000))
    return failure('transport', 'timeout')
  }
  if (dice.chance(faults.repeated)) void latency().then(() => deliver(options, request, signal))
  const response = await deliver(options, request, signal)
  if (response === undefined) return failure('transport', 'tcp')
  await latency()
  if (dice.chance(faults.responseLost)) {
    log.say(`the answer of ${request.dispatchId} is lost`)
    await clock.pause(dice.between(10, 5_000))
    return failure('transport', 'timeout')
  }
  if (dice.chance(faults.garbled)) {
    log.say(`the answer of ${request.dispatchId} is garbled`)
    options.tampered.add(request.rootDispatchId)
    return garbage(dice)
  }
  return { kind: 'response', response }
}

/**
 * One request at the other end; `undefined` when the process there ends meanwhile, or when it has been replaced by one
 * without the function: a repeated request arrives late.
 */
async function deliver(
  options: WireOptions,
  request: RunRequest,
  signal: RunSignal,
): Promise<RunResponse | undefined> {
  const { process, has, serve } = options.server()
  if (!process.isAlive || !has(request.function)) return undefined
  const arrived = overWire(request, options.isPlain)
  const response = await Promise.race([serve(arrived, signal), process.gone])
  if (response === undefined || !process.isAlive) return undefined
  return backOverWire(response, options.isPlain)
}

/** The outcome of an exchange, or a failure as soon as the signal aborts. */
function withAbort(outcome: Promise<RunOutcome>, signal: RunSignal): Promise<RunOutcome> {
  return new Promise((resolve, reject) => {
    const unlink = linkAbort(signal, () => resolve(failure('transport', 'temporary')))
    outcome.then(resolve, reject).finally(unlink)
  })
}

function overWire(request: RunRequest, isPlain: boolean): RunRequest {
  const copy = fromBinary(RunRequestSchema, toBinary(RunRequestSchema, request))
  if (!isPlain) return copy
  copy.attempt = 0
  copy.restarts = 0
  copy.keepsJournal = false
  copy.pollCallsMax = 0
  delete copy.journal
  return copy
}

function backOverWire(response: RunResponse, isPlain: boolean): RunResponse {
  const copy = fromBinary(RunResponseSchema, toBinary(RunResponseSchema, response))
  if (!isPlain) return copy
  copy.journalWanted = false
  delete copy.retryAfter
  if (copy.directive.case === 'poll') {
    copy.directive.value.wakeOnFailure = false
    copy.directive.value.moreCalls = false
    copy.directive.value.journalEntry = new Uint8Array()
  }
  return copy
}

/** Checks the concurrency of one scheduler at one endpoint, and the order of turns. */
export function counted(endpoint: Endpoint, url: string, fairness: FairnessCheck, log: Log): Endpoint {
  let leaves = 0
  const byKey = new Map<string, number>()
  const count = (key: string, by: number): void => {
    leaves += by
    byKey.set(key, (byKey.get(key) ?? 0) + by)
  }
  return {
    async run(request, signal) {
      if (request.function === QUEUED) fairness.began(url, request.dispatchId, request.rootDispatchId)
      if (request.function !== 'leaf' || request.directive.case !== 'input')
        return endpoint.run(request, signal)
      const key = keyOf(decodeValue(request.directive.value) as Program)
      count(key, 1)
      if (leaves > LEAF_CONCURRENCY_MAX) log.violate('I6', `${leaves} concurrent runs of leaf`)
      if ((byKey.get(key) ?? 0) > KEY_CONCURRENCY_MAX)
        log.violate('I6', `${byKey.get(key)} runs of key ${key}`)
      // For the scheduler, an aborted run has ended, whatever happens to its request in the network.
      let isOver = false
      const end = (): void => {
        if (!isOver) count(key, -1)
        isOver = true
      }
      const unlink = linkAbort(signal, end)
      const outcome = await endpoint.run(request, signal)
      unlink()
      end()
      return outcome
    },
  }
}

/** An endpoint that checks the requests it receives. */
export function watched(serve: Served, log: Log, durable: (id: string) => boolean, isLocal: boolean): Served {
  return (request, signal) => {
    if (!isLocal && !durable(request.dispatchId))
      log.violate('I7', `${request.dispatchId} runs before it is recorded`)
    const results = request.directive.case === 'pollResult' ? request.directive.value.results : []
    if (results.length > POLL_RESULTS_MAX)
      log.violate('I6', `${request.dispatchId} gets ${results.length} results`)
    const ids = results.map((result) => result.correlationId)
    if (new Set(ids).size < ids.length)
      log.violate('I4', `${request.dispatchId} gets a result twice in one run`)
    log.say(`run ${request.dispatchId} ${request.function} ${request.directive.case} [${ids.length} results]`)
    return serve(fromBinary(RunRequestSchema, toBinary(RunRequestSchema, request)), signal)
  }
}

export function failure(source: 'transport' | 'endpoint' | 'function', status: Status): RunOutcome {
  return { kind: 'failure', source, status, message: `simulated ${status}` }
}
