import type { Database } from '../driver/driver.js'
import type { Transact } from './commit.js'

/** Rows deleted in one transaction: about 10 ms, during which commits wait. */
const ROWS_PER_TRANSACTION = 1_000

/** Roots read per step. */
const ROOTS_PER_PAGE = 200

/**
 * Creates the function that deletes old call trees in several transactions and yields after each.
 *
 * A tree in which every call is done gets no new calls, so it can be deleted in parts. Its root is deleted last and
 * leads the next prune to the remains after a crash.
 */
export function createPrune(database: Database, transact: Transact) {
  const roots = database.prepare(
    `SELECT n, id, finished_at_ms FROM calls
     WHERE state = 'done' AND parent_id = '' AND finished_at_ms < ? AND (finished_at_ms, n) > (?, ?)
     ORDER BY finished_at_ms, n LIMIT ${ROOTS_PER_PAGE}`,
  )
  const tree = database.prepare(
    `WITH RECURSIVE tree (n, id, ended) AS (
       SELECT n, id, 1 FROM calls WHERE n = ?
       UNION ALL
       SELECT c.n, c.id, c.state = 'done' AND c.finished_at_ms < ?
       FROM tree CROSS JOIN calls c ON c.parent_id = tree.id AND c.parent_id <> ''
     )
     SELECT n, ended FROM tree`,
  )
  const deletes = [
    "DELETE FROM payloads WHERE n IN (SELECT 4 * call.value + kind.value FROM json_each(?) call, json_each('[0,1,2]') kind)",
    'DELETE FROM journal WHERE call_n IN (SELECT value FROM json_each(?))',
    'DELETE FROM calls WHERE n IN (SELECT value FROM json_each(?))',
  ].map((sql) => database.prepare(sql))

  const deleteCalls = (ns: readonly number[]) => {
    const list = JSON.stringify(ns)
    transact(() => {
      for (const statement of deletes) statement.run([list])
    })
  }

  return function* prune(beforeMs: number, treesMax: number): Generator<void, number> {
    let trees = 0
    let doomed: number[] = []
    let last = [0, 0]
    while (trees < treesMax) {
      const page = roots.all([beforeMs, ...last]) as [number, string, number][]
      for (const [n, , finishedAtMs] of page) {
        last = [finishedAtMs, n]
        const calls = tree.all([n, beforeMs]) as [number, number][]
        if (trees === treesMax || !calls.every(([, ended]) => ended === 1)) continue
        trees++
        // Reverse breadth-first order: children before their parents.
        doomed.push(...calls.map(([call]) => call).reverse())
        while (doomed.length >= ROWS_PER_TRANSACTION) {
          deleteCalls(doomed.slice(0, ROWS_PER_TRANSACTION))
          doomed = doomed.slice(ROWS_PER_TRANSACTION)
          yield
        }
      }
      if (page.length < ROOTS_PER_PAGE) break
      yield
    }
    if (doomed.length > 0) deleteCalls(doomed)
    return trees
  }
}
