import type { Order } from './observe/client.js'
import { assertIntegrity, contentsOf } from './observe/inspect.js'
import type { Ending } from './programs/app.js'
import { KINDS, launchedBy, type Promised } from './programs/functions.js'
import { postJson } from './programs/json-exchange.js'
import type { LedgerEntry } from './programs/ledger.js'
import type { World } from './world.js'

/** The result of a world. */
export interface Verdict {
  /** Broken promises; empty when there are none. */
  readonly problems: readonly string[]
  readonly acknowledged: number
  /** Calls requested and not acknowledged, and the number of those that are recorded nevertheless. */
  readonly unacknowledged: number
  readonly recordedAllTheSame: number
  readonly steps: number
  /** Steps requested more than once, always under the same key. */
  readonly repeatedSteps: number
}

interface Root {
  readonly id: string
  readonly ending: Ending
}

/**
 * Lets a world come to rest and compares it with the promises.
 *
 *  V1 Every acknowledged call exists under its id and ends as its function specifies, also when it is read again.
 *  V2 Every existing call was requested, exists once, acknowledged or not, and ends as its function specifies.
 *  V3 Every step of such a call was performed at least once, under one idempotency key; nothing else was performed.
 *  V4 In the end every call is done, and SQLite finds the file intact.
 */
export async function verdictOf(world: World): Promise<Verdict> {
  const { client } = world
  await world.start()
  await client.settled()
  const acknowledged = client.orders.filter(({ dispatchId }) => dispatchId !== undefined)
  const first = new Map<string, Ending>()
  for (const { dispatchId = '' } of acknowledged) first.set(dispatchId, await client.endingOf(dispatchId))
  await world.stop()

  // Unacknowledged calls can only be found in the file.
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

/** The expected calls by outcome: the orders and the calls that they launch. */
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
    if (seen.has(outcome)) problems.push(`V2 call ${id} is listed twice: ${outcome}`)
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
  const expected = new Set(roots.flatMap(({ ending }) => promises.get(ending.outcome)?.steps ?? []))
  const missing = [...expected]
    .filter((step) => !done.has(step))
    .map((step) => `V3 step ${step} was never done`)
  const strange = entries
    .filter(({ step }) => !expected.has(step))
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
