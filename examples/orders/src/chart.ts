const BLOCKS = ' ▁▂▃▄▅▆▇█'

/** One line of blocks: the latest values, `valuesPerColumn` to a block, scaled to the highest of all. */
export function sparkline(
  values: readonly number[],
  { width, valuesPerColumn }: { readonly width: number; readonly valuesPerColumn: number },
): string {
  const max = Math.max(1, ...values)
  const columns = gather(values, Math.ceil(values.length / valuesPerColumn), valuesPerColumn)
  return columns
    .slice(-width)
    .map((value) => BLOCKS[Math.max(1, Math.round((value / max) * 8))])
    .join('')
}

/** Columns of blocks under each other, with a scale at the left; one string per line. */
export function chart(
  values: readonly number[],
  { width, height }: { readonly width: number; readonly height: number },
): string[] {
  const columnCount = Math.min(width, values.length)
  const columns = gather(values, columnCount, values.length / columnCount)
  const max = Math.max(1, ...columns)
  const digits = String(max).length
  return Array.from({ length: height }, (_, line) => {
    const row = height - 1 - line
    const label = String(Math.round((max * (row + 1)) / height)).padStart(digits)
    const blocks = columns.map((value) => {
      const eighths = Math.round((value / max) * height * 8) - row * 8
      return BLOCKS[Math.min(8, Math.max(row === 0 ? 1 : 0, eighths))]
    })
    return `${label} ┤${blocks.join('')}`
  })
}

/** One value for each column; of those that share one, the farthest from the column before, so that no dip is lost. */
function gather(values: readonly number[], columnCount: number, valuesPerColumn: number): number[] {
  const columns: number[] = []
  for (let column = 0; column < columnCount; column += 1) {
    const from = Math.floor(column * valuesPerColumn)
    const shared = values.slice(from, Math.max(from + 1, Math.floor((column + 1) * valuesPerColumn)))
    const before = columns.at(-1) ?? values[0] ?? 0
    columns.push(
      shared.reduce((far, value) => (Math.abs(value - before) > Math.abs(far - before) ? value : far)),
    )
  }
  return columns
}
