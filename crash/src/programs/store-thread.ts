// The thread of a store with a modified driver, so that the process dies at the armed kill point.
import { createRequire, syncBuiltinESMExports } from 'node:module'
import { workerData } from 'node:worker_threads'
import { die, type StorePoint, type StoreThreadData } from './kill-points.js'

interface Driver {
  prepare(sql: string): { run(...values: unknown[]): unknown; all(...values: unknown[]): unknown }
  exec(sql: string): unknown
  close(): unknown
}

const { armed, program, trigger, ...own } = workerData as StoreThreadData
const require = createRequire(program)
let hits = 0

/** Marks that the store has reached a point. */
function at(point: StorePoint): void {
  if (armed.point !== point || ++hits !== armed.time) return
  const takesAWhile = point === 'in-commit' || point === 'checkpoint' || point === 'close'
  if (!takesAWhile) die()
  const flag = new Int32Array(trigger)
  Atomics.store(flag, 0, 1)
  Atomics.notify(flag, 0)
}

function watch(driver: Driver): void {
  const { prepare, exec, close } = driver
  driver.prepare = function (sql) {
    const statement = prepare.call(this, sql)
    const { run, all } = statement
    statement.run = function (...values) {
      if (sql === 'BEGIN IMMEDIATE') at('begin')
      if (sql === 'COMMIT') beforeCommit()
      const result = run.apply(this, values)
      if (sql === 'COMMIT') at('after-commit')
      if (/^(INSERT|UPDATE|DELETE)/.test(sql)) at('write')
      return result
    }
    statement.all = function (...values) {
      const rows = all.apply(this, values)
      if (/FROM calls/.test(sql)) at('load')
      return rows
    }
    return statement
  }
  driver.exec = function (sql) {
    if (sql === 'COMMIT') at('schema-commit')
    const result = exec.call(this, sql)
    if (sql === 'BEGIN EXCLUSIVE') at('lock')
    if (/CREATE TABLE/.test(sql)) at('schema')
    if (/journal_mode = WAL/.test(sql)) at('open')
    if (/synchronous/.test(sql) && armed.point === 'checkpoint')
      exec.call(this, 'PRAGMA wal_autocheckpoint = 1')
    return result
  }
  driver.close = function () {
    at('close')
    return close.call(this)
  }
}

function beforeCommit(): void {
  at('before-commit')
  at('in-commit')
  at('checkpoint')
}

function prototypes(): Driver[] {
  const found: Driver[] = []
  if ('sqlite' in process.versions) found.push(require('node:sqlite').DatabaseSync.prototype)
  try {
    found.push(require('libsql').prototype)
  } catch {
    // In that case node:sqlite is available.
  }
  return found
}

for (const prototype of prototypes()) watch(prototype)
const threads = require('node:worker_threads') as { workerData: unknown }
threads.workerData = own.workerData
syncBuiltinESMExports()
await import(program)
