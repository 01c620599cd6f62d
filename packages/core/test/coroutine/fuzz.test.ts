import type { Call, CallResult } from '@dispatch/protocol/messages'
import t from 'tap'
import {
  awaitCall,
  CallDriver,
  define,
  failedResultOf,
  fromJson,
  gatherCalls,
  json,
  MODES,
  type Mode,
  resultOf,
} from '../helpers/coroutine-driver.js'

/** A random handler. */
type Plan =
  | { readonly kind: 'call'; readonly value: number; readonly fails: boolean }
  | { readonly kind: 'gather'; readonly values: readonly number[]; readonly failsAt: number }
  | { readonly kind: 'sleep'; readonly ms: number; readonly inner: Plan }
  | { readonly kind: 'catch'; readonly inner: Plan }
  | { readonly kind: 'sequence' | 'all' | 'settled'; readonly parts: readonly Plan[] }
  /** All legs have the same value, so it does not matter which is first. The others continue, and nothing awaits them. */
  | { readonly kind: 'race' | 'any'; readonly value: number; readonly legs: readonly number[] }

/** How a handler makes calls: durably, or in memory. */
interface World {
  call(input: CallInput): Promise<unknown>
  gather(inputs: readonly CallInput[]): Promise<unknown[]>
  sleep(ms: number): Promise<void>
}

interface CallInput {
  readonly value: number
  readonly fails: boolean
}

const FAILURE = 'boom'

const IN_MEMORY: World = {
  async call({ value, fails }) {
    if (fails) throw new Error(FAILURE)
    return value
  },
  gather: (inputs) => Promise.all(inputs.map((input) => IN_MEMORY.call(input))),
  sleep: async () => undefined,
}

async function carryOut(plan: Plan, world: World): Promise<unknown> {
  switch (plan.kind) {
    case 'call':
      return world.call(plan)
    case 'gather':
      return world.gather(plan.values.map((value, index) => ({ value, fails: index === plan.failsAt })))
    case 'sleep':
      await world.sleep(plan.ms)
      return carryOut(plan.inner, world)
    case 'catch':
      try {
        return await carryOut(plan.inner, world)
      } catch (error) {
        return (error as Error).message
      }
    case 'sequence': {
      const outputs: unknown[] = []
      for (const part of plan.parts) outputs.push(await carryOut(part, world))
      return outputs
    }
    case 'all':
      return Promise.all(plan.parts.map((part) => carryOut(part, world)))
    case 'settled':
      return (await Promise.allSettled(plan.parts.map((part) => carryOut(part, world)))).map(
        (outcome) => outcome.status,
      )
    default: {
      const legs = plan.legs.map(async (length) => {
        for (let step = 0; step < length; step++) await world.call({ value: step, fails: false })
        return plan.value
      })
      return plan.kind === 'race' ? Promise.race(legs) : Promise.any(legs)
    }
  }
}

type Random = (below: number) => number

/** Mulberry32. */
function createRandom(seed: number): Random {
  let state = seed
  return (below) => {
    state = (state + 0x6d2b79f5) | 0
    let mixed = Math.imul(state ^ (state >>> 15), 1 | state)
    mixed = (mixed + Math.imul(mixed ^ (mixed >>> 7), 61 | mixed)) ^ mixed
    return ((mixed ^ (mixed >>> 14)) >>> 0) % below
  }
}

const LEAVES = ['call', 'gather', 'race', 'any'] as const
const BRANCHES = ['sleep', 'catch', 'sequence', 'all', 'settled'] as const

function randomPlan(random: Random, depth: number): Plan {
  const kinds = depth === 0 ? LEAVES : [...LEAVES, ...BRANCHES, ...BRANCHES]
  const kind = kinds[random(kinds.length)] ?? 'call'
  const some = <T>(make: () => T) => Array.from({ length: 1 + random(3) }, make)
  switch (kind) {
    case 'call':
      return { kind, value: random(1000), fails: random(8) === 0 }
    case 'gather':
      return { kind, values: some(() => random(1000)), failsAt: random(12) }
    case 'race':
    case 'any':
      return { kind, value: random(1000), legs: some(() => 1 + random(3)) }
    case 'sleep':
      return { kind, ms: 1 + random(5000), inner: randomPlan(random, depth - 1) }
    case 'catch':
      return { kind, inner: randomPlan(random, depth - 1) }
    default:
      return { kind, parts: some(() => randomPlan(random, depth - 1)) }
  }
}

async function plainOutcome(plan: Plan) {
  try {
    return { status: 'ok', output: await carryOut(plan, IN_MEMORY) }
  } catch (error) {
    return { status: 'permanent', error: `ValueError: ${(error as Error).message}` }
  }
}

/** Runs a plan as a coroutine: results in any order, some twice, some responses lost, some processes restarted. */
async function durableOutcome(plan: Plan, mode: Mode, random: Random) {
  const driver = new CallDriver(
    mode,
    define((_input, call) =>
      carryOut(plan, {
        call: (input) => awaitCall('echo', input),
        gather: (inputs) => gatherCalls('echo', inputs),
        sleep: (ms) => call.sleep(ms),
      }),
    ),
  )
  driver.pollCallsMax = 1 + random(5)
  const ready: CallResult[] = []
  const delivered: CallResult[] = []
  const takeCalls = () => {
    if (driver.outcome === 'poll') ready.push(...driver.poll.calls.map(echo))
  }
  await driver.begin()
  takeCalls()
  for (let runs = 0; driver.outcome === 'poll'; runs++) {
    if (runs > 1000) throw new Error('expected the handler to end within 1000 runs')
    driver.nowMs += random(3) === 0 ? 6000 : random(100)
    if (random(6) === 0) driver.restartProcess()
    const results = removeSome(ready, random)
    const repeated = delivered.filter(() => random(10) === 0)
    delivered.push(...results)
    await driver.resume([...results, ...repeated])
    // The first response is lost, so the scheduler makes none of its calls.
    if (random(5) === 0) await driver.repeat()
    takeCalls()
  }
  return driver.outcome
}

function echo(call: Call): CallResult {
  const { value, fails } = fromJson(call.input) as CallInput
  return fails ? failedResultOf(call, FAILURE) : resultOf(call, json(value))
}

/** Removes and returns some of the results, in random order. */
function removeSome(results: CallResult[], random: Random): CallResult[] {
  const count = random(results.length + 1)
  return Array.from({ length: count }, () => results.splice(random(results.length), 1)[0] as CallResult)
}

const FIRST_SEED = Number(process.env.FUZZ_SEED ?? 1)
const SEEDS = Number(process.env.FUZZ_SEEDS ?? 150)

t.plan(MODES.length)
for (const mode of MODES) {
  t.test(`random handlers end as they would without suspensions (${mode.name})`, async (t) => {
    t.plan(SEEDS)
    for (let seed = FIRST_SEED; seed < FIRST_SEED + SEEDS; seed++) {
      const random = createRandom(seed)
      const plan = randomPlan(random, 4)
      const [want, got] = [await plainOutcome(plan), await durableOutcome(plan, mode, random)]
      t.strictSame(got, want, `FUZZ_SEED=${seed} FUZZ_SEEDS=1`)
    }
  })
}
