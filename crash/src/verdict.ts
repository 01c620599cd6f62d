import type { Order } from './observe/client.js'
import { assertIntegrity, contentsOf } from './observe/inspect.js'
import type { Ending } from './programs/app.js'
import { KINDS, launchedBy, type Promised } from './programs/functions.js'
import { postJson } from './programs/json-exchange.js'
import type { LedgerEntry } from './programs/ledger.js'
import type { World } from './world.js'

/** What came of a world. */
export interface Verdict {
  /** What is not as it was promised; empty when all is well. */
  readonly problems: readonly string[]
  readonly acknowledged: number
  /** Calls asked for and not acknowledged, and how many of those are recorded all the same. */
  readonly unacknowledged: number
  readonly recordedAllTheSame: number
  readonly steps: number
  /** Steps asked for more than once, always under one key. */
  readonly repeatedSteps: number
}

interface Root {
  readonly id: string
  readonly ending: Ending
}

/**
 * Lets a world come to its end, and compares.
 *
 *  V1 Every acknowledged call is there under its id, and ends as its function says; the same when it is asked again.
 *  V2 Every call that is there was asked for, once, whether that was acknowledged or not, and ends so too.
 *  V3 Every step of such a call was done at least once, under one idempotency key; nothing else was done.
 *  V4 In the end no call is left that is not done, and SQLite finds the file sound.
 */
export async function verdictOf(world: World): Promise<Verdict> {
  const { client } = world
  await world.start()
  await client.settled()
  const acknowledged = client.orders.filter(({ dispatchId }) => dispatchId !== undefined)
  const first = new Map<string, Ending>()
  for (const { dispatchId = '' } of acknowledged) first.set(dispatchId, await client.endingOf(dispatchId))
  await world.stop()

  // What was not acknowledged is known to the file alone.
  const { roots: stored } = contentsOf(world.store)
  await world.start()
  const roots = await Promise.all(stored.map(async ({ id }) => ({ id, ending: await client.endingOf(id) })))
  const entries = await postJson<LedgerEntry[]>(`${world.ledgerUrl}/entries`, null)
  await world.stop()

  const promises = promisesOf(client.orders)
  const problems = [
    ...problemsOfAcknowledged(acknowledged, roots, first),
    ...problemsOfRoots(roots, promises),
    ...problemsOfSteps(entries, roots, promises),
    ...problemsOfFile(world.store),
  ]
  const unheard = client.orders.filter(({ dispatchId }) => dispatchId === undefined)
  const outcomes = new Set(roots.map(({ ending }) => ending.outcome))
  return {
    problems,
    acknowledged: acknowledged.length,
    unacknowledged: unheard.length,
    recordedAllTheSame: unheard.filter(({ kind, name }) => outcomes.has(KINDS[kind](name).outcome)).length,
    steps: entries.length,
    repeatedSteps: entries.filter(({ times }) => times > 1).length,
  }
}

/** What each outcome stands for: the orders, and what they launch. */
function promisesOf(orders: readonly Order[]): Map<string, Promised> {
  const promised = orders.flatMap(({ kind, name }) =>
    kind === 'launching' ? [KINDS[kind](name), KINDS.single(launchedBy(name))] : [KINDS[kind](name)],
  )
  return new Map(promised.map((promise) => [promise.outcome, promise]))
}

/** V1 */
function problemsOfAcknowledged(
  acknowledged: readonly Order[],
  roots: readonly Root[],
  first: ReadonlyMap<string, Ending>,
): string[] {
  const endings = new Map(roots.map(({ id, ending }) => [id, ending]))
  const outcomes = new Set(roots.map(({ ending }) => ending.outcome))
  return acknowledged.flatMap(({ kind, name, dispatchId = '' }) => {
    const want: Ending = {
      status: kind === 'failing' ? 'permanent' : 'ok',
      outcome: KINDS[kind](name).outcome,
    }
    const what = `V1 ${kind} ${name} (${dispatchId})`
    const ending = endings.get(dispatchId)
    if (ending === undefined) return [`${what} is lost`]
    const got = JSON.stringify(ending)
    const problems = got === JSON.stringify(want) ? [] : [`${what} ended with ${got}`]
    const before = JSON.stringify(first.get(dispatchId))
    if (before !== got) problems.push(`${what} ended twice, with ${before} and with ${got}`)
    if (kind === 'launching' && !outcomes.has(`did ${launchedBy(name)}`))
      problems.push(`${what} launched nothing`)
    return problems
  })
}

/** V2 */
function problemsOfRoots(roots: readonly Root[], promises: ReadonlyMap<string, Promised>): string[] {
  const seen = new Set<string>()
  return roots.flatMap(({ id, ending: { status, outcome } }) => {
    const problems: string[] = []
    if (!promises.has(outcome)) problems.push(`V2 call ${id} ended with ${status}: ${outcome}`)
    if (seen.has(outcome)) problems.push(`V2 call ${id} is there twice: ${outcome}`)
    seen.add(outcome)
    return problems
  })
}

/** V3 */
function problemsOfSteps(
  entries: readonly LedgerEntry[],
  roots: readonly Root[],
  promises: ReadonlyMap<string, Promised>,
): string[] {
  const done = new Map(entries.map((entry) => [entry.step, entry]))
  const wanted = new Set(roots.flatMap(({ ending }) => promises.get(ending.outcome)?.steps ?? []))
  const missing = [...wanted]
    .filter((step) => !done.has(step))
    .map((step) => `V3 step ${step} was never done`)
  const strange = entries
    .filter(({ step }) => !wanted.has(step))
    .map(({ step }) => `V3 step ${step} is of no call`)
  const twofold = entries
    .filter(({ keys }) => keys.length > 1)
    .map(({ step, keys }) => `V3 step ${step} was done under ${keys.join(' and ')}`)
  return [...missing, ...strange, ...twofold]
}

/** V4 */
function problemsOfFile(path: string): string[] {
  const { live } = contentsOf(path)
  assertIntegrity(path)
  return live === 0 ? [] : [`V4 ${live} calls are left`]
}
