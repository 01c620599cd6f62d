import { closeSync, existsSync, mkdirSync, openSync, readFileSync, truncateSync, writeSync } from 'node:fs'
import { dirname } from 'node:path'

/** A charge or a receipt: something that must happen once. */
export interface Entry {
  readonly kind: 'charge' | 'receipt'
  readonly key: string
  readonly id: string
  /** Id of the import that the order belongs to. */
  readonly import: string
  readonly order: string
  readonly cents: number
  readonly currency: string
}

/** How the service handled a request. */
export type Outcome =
  | 'done'
  /** The key was known: nothing was done. */
  | 'repeated'
  | 'throttled'
  | 'unavailable'
  /** The connection was reset before anything was done. */
  | 'cut'
  /** The connection was reset after it was done. */
  | 'cut_after'
  /** It was done, and there was no response. */
  | 'silent'

/** Totals of one import. */
export interface ImportTotals {
  readonly charges: number
  readonly receipts: number
  /** Orders that were charged more than once. */
  readonly chargedTwice: number
  readonly outcomes: Readonly<Partial<Record<Outcome, number>>>
}

/** The records of the payment service: the keys it has seen, and what it did. */
export interface Ledger {
  find(key: string): Entry | undefined
  /** Records an entry. It is in the file when this returns, so that it survives the process. */
  record(entry: Entry): void
  /** Records how a request was handled. */
  note(importId: string, outcome: Outcome): void
  totals(importId: string): ImportTotals
  /** Numbers of charges by order. */
  chargesByOrder(importId: string): Record<string, number>
  close(): void
}

interface OutcomeLine {
  readonly kind: 'outcome'
  readonly import: string
  readonly outcome: Outcome
}

interface Account {
  readonly charges: Map<string, number>
  receipts: number
  readonly outcomes: Map<Outcome, number>
}

/** Opens the ledger in an append-only file of JSON lines. */
export function openLedger(path: string): Ledger {
  const entries = new Map<string, Entry>()
  const accounts = new Map<string, Account>()
  const accountOf = (importId: string): Account => {
    const account = accounts.get(importId) ?? { charges: new Map(), receipts: 0, outcomes: new Map() }
    accounts.set(importId, account)
    return account
  }
  const take = (line: Entry | OutcomeLine): void => {
    const account = accountOf(line.import)
    if (line.kind === 'outcome') {
      account.outcomes.set(line.outcome, (account.outcomes.get(line.outcome) ?? 0) + 1)
      return
    }
    entries.set(line.key, line)
    if (line.kind === 'charge') account.charges.set(line.order, (account.charges.get(line.order) ?? 0) + 1)
    else account.receipts += 1
  }
  for (const line of readLines(path)) take(line)
  mkdirSync(dirname(path), { recursive: true })
  const file = openSync(path, 'a')
  const write = (line: Entry | OutcomeLine): void => {
    writeSync(file, `${JSON.stringify(line)}\n`)
    take(line)
  }
  return {
    find: (key) => entries.get(key),
    record: write,
    note: (importId, outcome) => write({ kind: 'outcome', import: importId, outcome }),
    totals(importId) {
      const { charges, receipts, outcomes } = accountOf(importId)
      const counts = [...charges.values()]
      return {
        charges: counts.reduce((sum, count) => sum + count, 0),
        receipts,
        chargedTwice: counts.filter((count) => count > 1).length,
        outcomes: Object.fromEntries(outcomes),
      }
    },
    chargesByOrder: (importId) => Object.fromEntries(accountOf(importId).charges),
    close: () => closeSync(file),
  }
}

/** Reads the file; an incomplete last line, of a request that got no response, is removed. */
function readLines(path: string): (Entry | OutcomeLine)[] {
  if (!existsSync(path)) return []
  const bytes = readFileSync(path)
  const end = bytes.lastIndexOf('\n') + 1
  if (end < bytes.length) truncateSync(path, end)
  const lines = bytes.subarray(0, end).toString().split('\n').slice(0, -1)
  return lines.map((line) => JSON.parse(line) as Entry | OutcomeLine)
}
