import type { Database } from '../driver/driver.js'
import type { Transact } from './commit.js'

/** Rows deleted in one transaction: some 10 ms, for which commits wait. */
const ROWS_PER_TRANSACTION = 1_000

/** Roots looked at in one go. */
const ROOTS_PER_PAGE = 200

/**
 * Makes the function that deletes old call trees, in several transactions: after each it yields.
 *
 * A tree in which every call is done gets no new calls, so one that is deleted in parts is not missed in between;
 * its root goes last, and leads the next prune to what a crash has left over.
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
        // Breadth first turned round: children before their parents.
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
