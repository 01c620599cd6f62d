import { type FunctionStats, STATUSES, type Status } from '@dispatch/core'
import { chart } from './chart.js'
import type { ImportTotals } from './payments/ledger.js'
import { count, type Paint, seconds } from './terminal.js'

/** Data of the summary. */
export interface SummaryOptions {
  readonly status: string
  readonly orders: readonly string[]
  readonly wallMs: number
  /** Empty with a stand-alone scheduler. */
  readonly stats: readonly FunctionStats[]
  /** The limit of `charge` over time. */
  readonly limits: readonly number[]
  readonly totals: ImportTotals
  readonly chargesByOrder: Readonly<Record<string, number>>
  readonly paint: Paint
  /** Longer lines are wrapped. */
  readonly lineLengthMax: number
}

/** The result of the import, and whether it is as expected. */
export function summarize(options: SummaryOptions): { readonly text: string; readonly isGood: boolean } {
  const { orders, chargesByOrder, status, paint, wallMs } = options
  const once = orders.filter((order) => chargesByOrder[order] === 1).length
  const twice = Object.values(chargesByOrder).filter((charges) => charges > 1).length
  const isGood = status === 'ok' && once === orders.length && twice === 0
  const verdict = isGood
    ? `all ${count(orders.length)} orders done, 0 charged twice`
    : `the import ended with ${status}: ${count(once)} of ${count(orders.length)} orders charged once, ${twice} charged twice`
  const lines = [
    ...functionLines(options),
    ...chartLines(options),
    ...paymentLines(options, once, twice),
    '',
    `${paint(isGood ? 'green' : 'red', isGood ? '✔' : '✘')} ${paint('bold', verdict)}, ${seconds(wallMs)}`,
  ]
  return { text: `${lines.join('\n')}\n`, isGood }
}

function functionLines({ stats, paint, lineLengthMax }: SummaryOptions): string[] {
  if (stats.length === 0) return []
  const rows = stats.map(({ function: name, ended, suspended, limitMin, limitMax }) => {
    const endings = Object.entries(ended) as [Status, number][]
    const runs = endings.reduce((sum, [, times]) => sum + times, suspended)
    const calls = endings.reduce(
      (sum, [status, times]) => sum + (STATUSES[status].retry === 'no' ? times : 0),
      0,
    )
    const texts = endings.map(([status, times]) => `${status} ${count(times)}`)
    if (suspended > 0) texts.push(`suspended ${count(suspended)}`)
    return [name, count(calls), count(runs), `${limitMin}–${limitMax}`, texts.join(', ')]
  })
  const header = ['function', 'calls', 'runs', 'limit', 'how the runs ended']
  const widths = header.map((title, column) =>
    Math.max(title.length, ...rows.map((row) => row[column]?.length ?? 0)),
  )
  const format = ([name = '', ...cells]: readonly string[]) => {
    const numbers = cells.slice(0, 3).map((cell, column) => cell.padStart(widths[column + 1] ?? 0))
    return [name.padEnd(widths[0] ?? 0), ...numbers, cells[3]].join('  ')
  }
  const indent = format(['', '', '', '', '']).length
  const wrapped = rows.flatMap((row) => wrap(format(row), indent, lineLengthMax))
  return ['', paint('gray', format(header)), ...wrapped]
}

/** Wraps a line after commas and indents the rest. */
function wrap(line: string, indent: number, lengthMax: number): string[] {
  if (line.length <= lengthMax) return [line]
  const at = line.lastIndexOf(', ', lengthMax - 1)
  if (at <= indent) return [line]
  const rest = ' '.repeat(indent) + line.slice(at + 2)
  return [line.slice(0, at + 1), ...wrap(rest, indent, lengthMax)]
}

function chartLines({ limits, stats, paint, wallMs }: SummaryOptions): string[] {
  const charge = stats.find(({ function: name }) => name === 'charge')
  if (charge === undefined || limits.length < 2) return []
  const rows = chart(limits, { width: 70, height: 5 })
  const margin = (rows[0]?.indexOf('┤') ?? 0) + 1
  const width = (rows[0]?.length ?? 0) - margin
  return [
    '',
    `The limit of charge started at 10, fell to ${charge.limitMin} and rose to ${charge.limitMax}:`,
    ...rows.map((row) => paint('cyan', row)),
    `${' '.repeat(margin)}0 s${seconds(wallMs).padStart(Math.max(0, width - 3))}`,
  ]
}

function paymentLines({ totals, orders }: SummaryOptions, once: number, twice: number): string[] {
  const { outcomes } = totals
  const {
    repeated = 0,
    throttled = 0,
    unavailable = 0,
    cut = 0,
    cut_after: cutAfter = 0,
    silent = 0,
  } = outcomes
  return [
    '',
    `The payment service recorded ${count(totals.charges)} charges and ${count(totals.receipts)} receipts.`,
    `  charged exactly once  ${count(once)} of ${count(orders.length)} orders`,
    `  charged twice         ${count(twice)}`,
    `  repeated requests     ${count(repeated)}, deduplicated by idempotency key`,
    `  faults it injected    ${count(throttled)} throttled, ${count(unavailable)} unavailable, ${count(cut + cutAfter)} reset, ${count(silent)} without a response`,
  ]
}
