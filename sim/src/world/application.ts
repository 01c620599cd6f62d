import type { RunSignal } from '@dispatch/protocol'
import type { Call, RunRequest, RunResponse } from '@dispatch/protocol/messages'
import { CoroutineRunner, currentCoroutine } from '../../../packages/core/dist/coroutine/index.js'
import { createRegistry } from '../../../packages/core/dist/dispatch/registry.js'
import { classify, statusOfOutput } from '../../../packages/core/dist/errors/classify.js'
import type { Dice } from '../tools/dice.js'
import { Process } from '../tools/process.js'
import type { VirtualClock } from '../tools/virtual-clock.js'
import { type CodeVersion, createFunctions } from './functions.js'

export interface ApplicationOptions {
  readonly name: string
  readonly url: string
  readonly codeVersion: CodeVersion
  readonly clock: VirtualClock
  readonly dice: Dice
  readonly warmCoroutinesMax: number
  /** Number of executions of a call without children, over all processes. */
  readonly executions: Map<string, number>
  /** Dispatches calls to the current scheduler, repeatedly until they are acknowledged. */
  readonly dispatch: (calls: Call[]) => Promise<string[]>
}

/** A process with functions: the real coroutines, in virtual time. */
export class Application extends Process {
  readonly #runner: CoroutineRunner
  readonly #registry

  constructor(options: ApplicationOptions) {
    super(options.name)
    const { clock, dice, executions, url } = options
    const client: Parameters<typeof createRegistry>[0] = {
      submit: async (calls) => {
        const coroutine = currentCoroutine()
        if (coroutine === undefined)
          throw new TypeError('expected a dispatch inside a function, got one outside')
        return coroutine.dispatchAll(calls)
      },
      call: (id) => ({ id }) as never,
    }
    this.#registry = createRegistry(client, 'permanent')
    this.#registry.register(
      createFunctions({
        codeVersion: options.codeVersion,
        pause: (ms) => clock.pause(ms),
        begin: (id) => {
          const before = executions.get(id) ?? 0
          executions.set(id, before + 1)
          return before
        },
      }),
    )
    this.#runner = new CoroutineRunner({
      classify,
      statusOfOutput,
      nowMs: () => clock.wallMs,
      randomBytes: (count) => Uint8Array.from(dice.bytes(count)),
      dispatch: (calls) => options.dispatch(calls.map((call) => ({ ...call, endpoint: url }))),
      client,
      warmCoroutinesMax: options.warmCoroutinesMax,
    })
  }

  /** Whether the deployed code has the function. */
  has(name: string): boolean {
    return this.#registry.definitionOf(name) !== undefined
  }

  serve = (request: RunRequest, signal: RunSignal): Promise<RunResponse> => {
    const definition = this.#registry.definitionOf(request.function)
    if (definition === undefined) throw new TypeError(`no function ${request.function}`)
    return this.#runner.run(definition, request, signal)
  }
}
