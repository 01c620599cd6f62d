import { sparkline } from './chart.js'
import { count, type Output, paintOf, seconds } from './terminal.js'

/** Progress of an import. */
export interface Snapshot {
  readonly elapsedMs: number
  readonly done: number
  readonly total: number
  /** The adaptive limit of `charge` over time; empty with a stand-alone scheduler. */
  readonly limits: readonly number[]
  readonly retries: number
}

/** Shows the progress of an import. */
export interface Progress {
  show(snapshot: Snapshot): void
  /** Keeps the last line. */
  end(): void
}

/** One line that is redrawn on a terminal; elsewhere a line per second. */
export function createProgress(output: Output): Progress {
  return output.isTTY ? createLine(output) : createLines(output)
}

function createLine(output: Output): Progress {
  const paint = paintOf(output)
  return {
    show({ done, total, limits, retries, elapsedMs }) {
      const filled = Math.round((done / total) * BAR_WIDTH)
      const texts = {
        orders: ` ${`${count(done)}/${count(total)}`.padStart(11)} orders`,
        limit: String(limits.at(-1) ?? '').padStart(3),
        retries: `  ${count(retries).padStart(3)} retries`,
        time: seconds(elapsedMs).padStart(8),
      }
      const used = BAR_WIDTH + Object.values(texts).join('').length + CONCURRENCY.length + 1
      const width = Math.min(40, (output.columns ?? 80) - used)
      const line = [
        paint('green', '━'.repeat(filled)) + paint('gray', '━'.repeat(BAR_WIDTH - filled)),
        paint('bold', texts.orders),
        ...(width < 1 || limits.length === 0
          ? []
          : [
              CONCURRENCY,
              paint('cyan', sparkline(limits, { width, valuesPerColumn: 6 }).padStart(width)),
              paint('bold', texts.limit),
            ]),
        paint('yellow', texts.retries),
        paint('gray', texts.time),
      ]
      output.write(`\r\u001b[2K${line.join('')}`)
    },
    end: () => output.write('\n'),
  }
}

const BAR_WIDTH = 12
const CONCURRENCY = '  concurrency '

function createLines(output: Output): Progress {
  let shownSecond = 0
  return {
    show({ done, total, limits, retries, elapsedMs }) {
      const second = Math.floor(elapsedMs / 1_000)
      if (second === shownSecond) return
      shownSecond = second
      const parts = [
        seconds(elapsedMs).padStart(7),
        `${count(done).padStart(5)}/${count(total)} orders`,
        `${count(retries).padStart(3)} retries`,
        limits.length === 0
          ? ''
          : `concurrency ${String(limits.at(-1)).padStart(2)} ${sparkline(limits, { width: 24, valuesPerColumn: 10 })}`,
      ]
      output.write(`${parts.join('   ').trimEnd()}\n`)
    },
    end() {},
  }
}
