import { mkdirSync } from 'node:fs'
import { createServer } from 'node:net'
import { join } from 'node:path'
import { setTimeout as pause } from 'node:timers/promises'
import type { Dice } from './dice.js'
import { Client } from './observe/client.js'
import { assertIntegrity } from './observe/inspect.js'
import { type Death, nameOf, type Part, rollDeath } from './plan.js'
import type { AppConfig } from './programs/app.js'
import { KINDS, type Kind } from './programs/functions.js'
import type { Armed } from './programs/kill-points.js'
import { Program } from './programs/program.js'
import type { SchedulerConfig } from './programs/scheduler.js'

/** Whether the scheduler runs in the process of the application or in its own. */
export type Mode = 'embedded' | 'stand-alone'

type Role = 'app' | 'scheduler'

/** Time limit for a process to reach its kill point; after that it is killed where it is. */
const POINT_MS_MAX = 1_200

const ORDERS_MAX = 14

/** Processes over one store that are killed and restarted repeatedly, with a client and a ledger that survive. */
export class World {
  readonly client: Client
  /** Number of deaths by kill point. */
  readonly deaths = new Map<string, number>()
  readonly store: string
  readonly #mode: Mode
  readonly #dice: Dice
  readonly #ports: Record<Role, number>
  readonly #ledger: Program
  readonly #ledgerUrl: string
  readonly #programs: Partial<Record<Role, Program>> = {}
  #cycle = 0

  static async make(folder: string, mode: Mode, dice: Dice): Promise<World> {
    mkdirSync(folder, { recursive: true })
    const ledger = new Program('ledger')
    const ledgerUrl = `http://127.0.0.1:${await ledger.ready}`
    const ports = { app: await freePort(), scheduler: await freePort() }
    return new World(folder, mode, dice, { ports, ledger, ledgerUrl })
  }

  private constructor(
    folder: string,
    mode: Mode,
    dice: Dice,
    { ports, ledger, ledgerUrl }: { ports: Record<Role, number>; ledger: Program; ledgerUrl: string },
  ) {
    this.store = join(folder, 'calls.db')
    this.#mode = mode
    this.#dice = dice
    this.#ports = ports
    this.#ledger = ledger
    this.#ledgerUrl = ledgerUrl
    this.client = new Client(`http://127.0.0.1:${ports.app}`)
  }

  get ledgerUrl(): string {
    return this.#ledgerUrl
  }

  /** Lets the processes work, kills one or all of them, and checks the remaining files with SQLite. */
  async cycle(): Promise<void> {
    this.#cycle += 1
    const victims = this.#rollVictims()
    const deaths = victims.map((role) => ({
      role,
      death: rollDeath(this.#dice, this.#partOf(role), this.#cycle === 1),
    }))
    const isFresh = (role: Role): boolean => this.#programs[role] === undefined
    const ends = deaths.map(({ role, death }) => {
      // A process that is already running has no kill point.
      const isAtPoint = death.kind === 'point' && isFresh(role)
      const real: Death = isAtPoint || death.kind !== 'point' ? death : { kind: 'working', afterMs: 100 }
      return { role, death: real }
    })
    for (const role of this.#roles()) {
      const end = ends.find((other) => other.role === role)
      this.#programs[role] ??= this.#start(role, end?.death.kind === 'point' ? end.death.armed : undefined)
    }
    const orders = this.#order()
    await Promise.all(ends.map(({ role, death }) => this.#end(role, death)))
    await orders
    if (this.#programs[this.#storeRole()] === undefined) assertIntegrity(this.store)
  }

  /** Starts everything without kill points. */
  async start(): Promise<void> {
    for (const role of this.#roles()) {
      this.#programs[role] ??= this.#start(role)
      await this.#programs[role].ready
    }
  }

  /** Shuts everything down with SIGTERM. */
  async stop(): Promise<void> {
    for (const role of this.#roles().reverse()) {
      await this.#programs[role]?.close()
      delete this.#programs[role]
    }
  }

  /** Kills all remaining processes. */
  async destroy(): Promise<void> {
    this.client.stop()
    await Promise.all([this.#ledger, ...Object.values(this.#programs)].map((program) => program.kill()))
  }

  #roles(): Role[] {
    return this.#mode === 'embedded' ? ['app'] : ['scheduler', 'app']
  }

  #storeRole(): Role {
    return this.#mode === 'embedded' ? 'app' : 'scheduler'
  }

  #partOf(role: Role): Part {
    return { hasStore: role === this.#storeRole(), hasFunctions: role === 'app' }
  }

  #rollVictims(): Role[] {
    const roles = this.#roles()
    return roles.length === 1 || this.#dice.next() < 0.5 ? roles : [this.#dice.pick(roles)]
  }

  #start(role: Role, armed?: Armed): Program {
    if (role === 'scheduler') {
      const config: SchedulerConfig = { port: this.#ports.scheduler, store: this.store, armed }
      return new Program('scheduler', config)
    }
    const where =
      this.#mode === 'embedded'
        ? { store: this.store }
        : { apiUrl: `http://127.0.0.1:${this.#ports.scheduler}` }
    const config: AppConfig = { port: this.#ports.app, ledgerUrl: this.#ledgerUrl, ...where, armed }
    return new Program('app', config)
  }

  /** Sends orders, some immediately and some later, as soon as the application responds. */
  async #order(): Promise<void> {
    const app = this.#programs.app as Program
    try {
      await app.ready
    } catch {
      return
    }
    const count = this.#dice.between(3, ORDERS_MAX)
    for (let number = 1; number <= count && !app.hasEnded; number++) {
      const name = `${this.#cycle}.${number}`
      const kind = this.#dice.pick(Object.keys(KINDS) as Kind[])
      this.client.send({ kind, name, ...(this.#dice.next() < 0.3 && { id: `order-${name}` }) })
      if (this.#dice.next() < 0.4) await pause(this.#dice.between(1, 15))
    }
  }

  async #end(role: Role, death: Death): Promise<void> {
    const program = this.#programs[role] as Program
    const isReady = program.ready.then(
      () => true,
      () => false,
    )
    if (death.kind === 'starting') await Promise.race([program.ended, pause(death.afterMs)])
    else if (await isReady) {
      if (death.kind === 'working') await Promise.race([program.ended, pause(death.afterMs)])
      else if (death.armed.point === 'close') program.askToEnd()
      if (death.kind === 'point') await Promise.race([program.ended, pause(POINT_MS_MAX)])
    }
    const name = death.kind === 'point' && !program.hasEnded ? `past ${nameOf(death)}` : nameOf(death)
    this.deaths.set(name, (this.deaths.get(name) ?? 0) + 1)
    await program.kill()
    await program.assertKilled()
    delete this.#programs[role]
  }
}

/** A free port below the range that the system assigns automatically. */
export async function freePort(): Promise<number> {
  for (;;) {
    const port = 20_000 + Math.floor(Math.random() * 10_000)
    const server = createServer()
    const isFree = await new Promise((resolve) => {
      server.once('error', () => resolve(false))
      server.listen(port, '127.0.0.1', () => server.close(() => resolve(true)))
    })
    if (isFree) return port
  }
}
