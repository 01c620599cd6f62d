import type { Call } from '@dispatch/protocol/messages'
import type { Dice } from '../tools/dice.js'
import type { Log } from '../tools/violations.js'
import type { VirtualClock } from '../tools/virtual-clock.js'
import { Application } from './application.js'
import { CODE_VERSIONS } from './functions.js'

export interface ApplicationsOptions {
  readonly clock: VirtualClock
  readonly dice: Dice
  readonly log: Log
  readonly warmCoroutinesMax: number
  readonly dispatch: (calls: Call[]) => Promise<string[]>
  /** Faults are still active: the code may change. */
  readonly isTroubled: () => boolean
}

/** The processes with functions, by URL: they are redeployed, are absent for a while, and get overloaded. */
export class Applications {
  readonly #options: ApplicationsOptions
  readonly #byUrl = new Map<string, Application>()
  readonly #executions = new Map<string, number>()
  readonly #overloadedUntilMs = new Map<string, number>()
  #deploys = 0

  constructor(options: ApplicationsOptions) {
    this.#options = options
  }

  get urls(): string[] {
    return [...this.#byUrl.keys()]
  }

  at(url: string): Application {
    return this.#byUrl.get(url) as Application
  }

  /** Whether every run there is currently throttled. */
  isOverloaded(url: string): boolean {
    return this.#options.clock.trueMs < (this.#overloadedUntilMs.get(url) ?? 0)
  }

  deploy(url: string): void {
    const { clock, dice, log } = this.#options
    this.#byUrl.get(url)?.kill()
    const name = `app${++this.#deploys}`
    const isChanged = this.#options.isTroubled() && dice.chance(0.25)
    const codeVersion = isChanged ? dice.pick(CODE_VERSIONS) : 'as it was'
    log.say(`${name} is deployed at ${url} with code: ${codeVersion}`)
    const application = new Application({
      name,
      url,
      codeVersion,
      clock,
      dice: dice.fork(),
      warmCoroutinesMax: this.#options.warmCoroutinesMax,
      executions: this.#executions,
      dispatch: this.#options.dispatch,
    })
    this.#byUrl.set(url, application)
  }

  /** The process ends, and another starts later. */
  vanish(url: string): void {
    const { clock, dice, log } = this.#options
    const forMs = dice.between(100, 15_000)
    log.say(`${this.at(url).name} vanishes from ${url} for ${forMs} ms`)
    this.at(url).kill()
    clock.after(forMs, () => {
      if (!this.at(url).isAlive) this.deploy(url)
    })
  }

  overload(url: string): void {
    const { clock, dice, log } = this.#options
    const forMs = dice.between(100, 15_000)
    log.say(`${url} throttles everything for ${forMs} ms`)
    this.#overloadedUntilMs.set(url, clock.trueMs + forMs)
  }
}
