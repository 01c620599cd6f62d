import type { IncomingMessage, ServerResponse } from 'node:http'
import { DispatchError, type Endpoint, type FunctionStats, type RunSignal } from '@dispatch/protocol'
import { UnaryError, type UnaryResponse } from '@dispatch/protocol/connect'
import { type Any, type Call, RUN_PATH, type RunRequest, type RunResponse } from '@dispatch/protocol/messages'
import { sleep, systemNowMs } from '@dispatch/protocol/time'
import { type CallHandle, createCallHandle } from '../calls/call-handle.js'
import { checkDispatchId } from '../checks/option-checks.js'
import { createPoster } from '../client/http-post.js'
import type { HttpSchedulerWorld } from '../client/http-scheduler.js'
import { createRandomBytes } from '../client/random-bytes.js'
import { createSchedulerConnection, type SchedulerConnection } from '../client/scheduler-connection.js'
import { Unacknowledged } from '../client/unacknowledged.js'
import { createUuidv7Source } from '../client/uuidv7.js'
import { type DispatchConfig, resolveConfig } from '../config/config.js'
import type { DispatchOptions } from '../config/dispatch-options.js'
import { currentCoroutine, droppableInside } from '../coroutine/life/current-coroutine.js'
import { CoroutineRunner, type CoroutineRunnerOptions } from '../coroutine/runner.js'
import {
  createHttpEndpoint,
  type EndpointHead,
  type EndpointRequest,
  type EndpointResponse,
  type HttpEndpoint,
} from '../endpoint/endpoint.js'
import { createInProcessEndpoint } from '../endpoint/in-process-endpoint.js'
import type { BodyReservation } from '../endpoint/run-capacity.js'
import { RunTracker } from '../endpoint/run-tracker.js'
import { createClassifier } from '../errors/classify.js'
import { decoderOf } from '../functions/built-call.js'
import type { DispatchedCallOptions } from '../functions/call-options.js'
import type { AnyDispatchFunction, DispatchFunction } from '../functions/dispatch-function.js'
import { checkFunction, type FunctionClient } from '../functions/function-internals.js'
import { peerModulesLoading } from '../functions/schema/peer-module.js'
import { handleFetch } from '../server/fetch-handler.js'
import { type ListenOptions, listen, type Server } from '../server/listen.js'
import { handleNode } from '../server/node-listener.js'
import { assertCalls, assertRequestFits, type HandlesOf } from './batch.js'
import { createRegistry, type Registry } from './registry.js'

/**
 * The functions of a process, the endpoint that serves them and the client that dispatches calls.
 *
 * Life: created, `open` (accepts calls), `start` (runs them), `stop` (runs no more), `close`. A dispatch opens it automatically.
 */
export class Dispatch {
  /** The path to which schedulers post runs, below the URL of the endpoint. */
  readonly path = RUN_PATH
  /** Runs the functions, for a scheduler in this process. */
  readonly endpoint: Endpoint
  /** Where schedulers reach the endpoint: its public URL, without a final slash. */
  readonly endpointUrl: string
  readonly #config: DispatchConfig
  readonly #registry: Registry
  readonly #runs = new RunTracker()
  readonly #runner: CoroutineRunner
  readonly #http: HttpEndpoint
  readonly #connection: SchedulerConnection
  readonly #unacknowledged: Unacknowledged
  #stopped: Promise<void> | undefined
  #closed: Promise<void> | undefined

  /** @throws {TypeError} Naming the option or the environment variable, its value and the fix. */
  constructor(options: DispatchOptions = {}) {
    const config = resolveConfig(options)
    const client: FunctionClient = {
      bodyBytesMax: config.bodyBytesMax,
      submit: (calls) => this.#submit(calls),
      call: (id, decode) => this.#callHandle(id, decode),
    }
    const run = (request: RunRequest, signal: RunSignal) => this.#run(request, signal)
    const endCall = (id: string, reason: DispatchError) => this.#runner.endCall(id, reason)
    this.#config = config
    this.endpointUrl = config.endpointUrl
    this.#unacknowledged = new Unacknowledged(config.unacknowledged)
    this.#registry = createRegistry(client, config.unknownErrorStatus)
    this.#runner = createRunner(config, {
      dispatch: (calls) => this.#send(calls),
      onSelfResume: (id) => this.#connection.wake(id),
      client,
    })
    this.#http = createHttpEndpoint({ config, runs: this.#runs, nowMs: systemNowMs, run, endCall })
    this.endpoint = createInProcessEndpoint(run, endCall)
    this.#connection = createSchedulerConnection({ config, endpoint: this.endpoint, world: createWorld() })
    this.register(...config.functions)
    warnOfUnsigned(config)
  }

  /**
   * Adds functions, at any time.
   *
   * @throws {TypeError} When one is not made by `func`, or there is one of its name; none is added then.
   */
  register(...functions: readonly AnyDispatchFunction[]): void {
    this.#registry.register(functions)
  }

  /** Like `fn.dispatch(input, options)`, by this `Dispatch` whichever others `fn` is registered with. */
  dispatch<Output>(fn: DispatchFunction<void, Output>): Promise<CallHandle<Output>>
  dispatch<Input, Output>(
    fn: DispatchFunction<Input, Output>,
    input: Input,
    options?: DispatchedCallOptions,
  ): Promise<CallHandle<Output>>
  dispatch(
    fn: DispatchFunction<unknown, unknown>,
    input?: unknown,
    options?: DispatchedCallOptions,
  ): Promise<CallHandle<unknown>> {
    return droppableInside(this.#dispatchOne(fn, input, options))
  }

  /**
   * Records all of the calls or none, in one request, and resolves with their handles in order. No calls, no request.
   *
   * @param calls - Made by `fn.buildCall(input)`. One with an `endpoint` of its own runs there.
   */
  dispatchBatch<const Calls extends readonly Call[]>(calls: Calls): Promise<HandlesOf<Calls>> {
    return droppableInside(this.#dispatchAll(calls)) as Promise<HandlesOf<Calls>>
  }

  /**
   * The handle of a call that was dispatched before, here or elsewhere. With its function, the output has its type; without,
   * `Output` is what the caller asserts.
   */
  call<Output = unknown>(id: string): CallHandle<Output>
  call<Output>(fn: DispatchFunction<never, Output>, id: string): CallHandle<Output>
  call(...args: readonly [string] | readonly [AnyDispatchFunction, string]): CallHandle<unknown> {
    if (args.length < 2) return this.#callHandle(checkDispatchId(args[0], 'call(id)'))
    const { decodeOutput } = checkFunction(args[0], 'call(fn, id)')
    return this.#callHandle(checkDispatchId(args[1], 'call(fn, id)'), decodeOutput)
  }

  /**
   * Gets ready to accept calls: opens the store of an embedded scheduler. Every dispatch does so automatically, and is
   * what fails when no scheduler is configured: an endpoint works without one.
   */
  async open(): Promise<void> {
    await this.#connection.openIfConfigured()
  }

  /** Starts to run calls, if the scheduler is in this process. */
  async start(): Promise<void> {
    await this.#connection.start()
  }

  /**
   * Accepts no more runs, waits up to `shutdownGraceMs` for those that are running, then aborts their `call.signal`, and
   * resolves when all have ended. Requests for runs are answered with 503. Further calls return the same promise.
   */
  stop(): Promise<void> {
    const { shutdownGraceMs } = this.#config
    this.#stopped ??= Promise.all([
      this.#connection.stop(shutdownGraceMs),
      this.#runs.drain(shutdownGraceMs),
    ]).then(() => undefined)
    return this.#stopped
  }

  /** Stops, and closes what was opened. Nothing can be dispatched after that. Further calls return the same promise. */
  close(): Promise<void> {
    this.#closed ??= this.stop().then(async () => {
      await this.#connection.close()
      this.#runner.close(new DispatchError('temporary', 'the process is shutting down'))
      this.#registry.unbind()
    })
    return this.#closed
  }

  /** Counters of the functions at a scheduler in this process; empty before {@link open}, and when it is elsewhere. */
  stats(): FunctionStats[] {
    return this.#connection.stats()
  }

  /** Whether {@link stop} was called. Servers then close their connections. */
  get isStopping(): boolean {
    return this.#runs.isDraining
  }

  /** Whether requests with this path, as a router under its mount sees it, are for {@link handle}. */
  isRunPath(path: string): boolean {
    return this.#http.isRunPath(path)
  }

  /**
   * Reserves capacity for a request for a run of which the head was received, or returns the refusal. Call `take` of the
   * reservation with the size of each piece of the body before you keep it, and `release` when the request is answered.
   */
  reserve(head: EndpointHead): BodyReservation | UnaryResponse {
    return this.#http.reserve(head)
  }

  /** Answers a request for a run, of any server. Never rejects. */
  handle(request: EndpointRequest, signal?: RunSignal): Promise<EndpointResponse> {
    return this.#http.handle(request, signal)
  }

  /** A listener for `http.createServer`, and for routers that take one. Answers 404 to other paths. */
  handler(): (request: IncomingMessage, response: ServerResponse) => void {
    return (request, response) => {
      void handleNode(this, request, response)
    }
  }

  /** For frameworks with `Request` and `Response` of the web standard. Answers 404 to other paths. */
  readonly fetch = (request: Request): Promise<Response> => handleFetch(this, request)

  /**
   * Serves the functions on an HTTP server that it creates, and starts.
   *
   * @throws {DispatchError} `tcp` when the address cannot be listened on.
   */
  listenAndServe(options: ListenOptions = {}): Promise<Server> {
    return listen(this, options, this.#config.address)
  }

  #callHandle<Output>(id: string, decodeOutput?: (output: Any | undefined) => unknown): CallHandle<Output> {
    return createCallHandle<Output>(id, {
      connect: () => this.#connection.open(),
      nowMs: systemNowMs,
      decodeOutput,
    })
  }

  async #dispatchOne(
    fn: DispatchFunction<unknown, unknown>,
    input: unknown,
    options: DispatchedCallOptions | undefined,
  ): Promise<CallHandle<unknown>> {
    const { decodeOutput } = checkFunction(fn, 'dispatch(fn)')
    const [id] = await this.#submit([fn.buildCall(input, options)])
    return this.#callHandle(id as string, decodeOutput)
  }

  async #dispatchAll(calls: readonly Call[]): Promise<CallHandle<unknown>[]> {
    assertCalls(calls)
    const ids = await this.#submit(calls)
    return ids.map((id, index) => this.#callHandle(id, decoderOf(calls[index] as Call)))
  }

  #submit(calls: readonly Call[]): Promise<string[]> {
    // In the journal of the coroutine: a handler that is rebuilt must not dispatch again.
    return currentCoroutine()?.dispatchAll(calls) ?? this.#send(calls)
  }

  async #send(calls: readonly Call[]): Promise<string[]> {
    const addressed = calls.map((call, index) => this.#address(call, index))
    if (addressed.length === 0) return []
    assertRequestFits(addressed, this.#config.bodyBytesMax)
    const reservation = this.#unacknowledged.reserve(addressed)
    try {
      const scheduler = await this.#connection.open()
      return await scheduler.dispatch(addressed)
    } finally {
      reservation.release()
    }
  }

  #address(call: Call, index: number): Call {
    if (call.endpoint !== '') return call
    if (this.#registry.definitionOf(call.function) === undefined) {
      throw new TypeError(
        `calls[${index}]: expected a registered function, or a call with an endpoint, got '${call.function}', which is not ` +
          'registered here. Pass it in new Dispatch({ functions }), or in the functions of the adapter, first',
      )
    }
    return { ...call, endpoint: this.#config.endpointUrl }
  }

  #run(request: RunRequest, signal: RunSignal): Promise<RunResponse> {
    if (request.function === '') throw new UnaryError('invalid_argument', 'function is required')
    const definition = this.#registry.definitionOf(request.function)
    if (definition === undefined) {
      throw new UnaryError('not_found', `function '${request.function}' does not exist`)
    }
    const loading = peerModulesLoading()
    const run = () => this.#runner.run(definition, request, signal)
    return loading === undefined ? run() : loading.then(run)
  }
}

function createRunner(
  config: DispatchConfig,
  hooks: Pick<CoroutineRunnerOptions, 'dispatch' | 'onSelfResume' | 'client'>,
): CoroutineRunner {
  const { errorTypes, outputTypes, warmCoroutinesMax, warmIdleMsMax } = config
  return new CoroutineRunner({
    ...createClassifier({ errorTypes, outputTypes }),
    nowMs: systemNowMs,
    randomBytes: createRandomBytes(),
    ...hooks,
    logger: config.logger,
    replayCheck: config.replayCheck,
    ...(warmCoroutinesMax === undefined ? {} : { warmCoroutinesMax }),
    ...(warmIdleMsMax === undefined ? {} : { warmIdleMsMax }),
  })
}

function createWorld(): HttpSchedulerWorld {
  return {
    poster: createPoster(),
    nowMs: systemNowMs,
    random: Math.random,
    sleep: (ms, signal) => sleep(ms, undefined, signal === undefined ? {} : { signal }),
    createId: createUuidv7Source(),
  }
}

/** Warns once that any client may run functions, which is the default in development (conformance case S23). */
function warnOfUnsigned({ isUnsignedByDefault, endpointUrl, logger }: DispatchConfig): void {
  if (!isUnsignedByDefault || endpointUrl.startsWith('bridge:')) return
  const message =
    'requests for runs are accepted from any client: pass option verificationKey, or set DISPATCH_VERIFICATION_KEY, to ' +
    'the public key of the scheduler'
  if (logger === undefined) process.emitWarning(message, { code: 'DISPATCH_UNSIGNED' })
  else logger.warn({}, message)
}
