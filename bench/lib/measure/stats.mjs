/**
 * The value below which a share of the sorted values lies, by the nearest rank.
 *
 * @param {readonly number[]} values
 * @param {number} share - In [0, 1].
 */
export function quantile(values, share) {
  const sorted = values.toSorted((a, b) => a - b)
  return sorted[Math.min(sorted.length - 1, Math.floor(sorted.length * share))]
}

/** @param {readonly number[]} values */
export function median(values) {
  return quantile(values, 0.5)
}

/**
 * Median and spread.
 *
 * @param {readonly number[]} values
 */
export function summaryOf(values) {
  return { median: median(values), min: Math.min(...values), max: Math.max(...values), runs: values.length }
}
