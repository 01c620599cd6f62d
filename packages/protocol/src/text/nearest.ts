/**
 * The word that was probably meant by `text`: the one with the fewest insertions, deletions and replacements of
 * characters, whatever their case, and of equally near ones the first. `undefined` when none is near: when more than a
 * third of the longer of the two, and one character, would change.
 */
export function nearestOf(text: string, words: Iterable<string>): string | undefined {
  let nearest: string | undefined
  let distanceMin = Number.POSITIVE_INFINITY
  for (const word of words) {
    const distance = editDistance(text.toLowerCase(), word.toLowerCase())
    const isNear = distance <= 1 + Math.floor(Math.max(text.length, word.length) / 3)
    if (!isNear || distance >= distanceMin) continue
    nearest = word
    distanceMin = distance
  }
  return nearest
}

/** Levenshtein distance, row by row. */
function editDistance(from: string, to: string): number {
  let row = Array.from({ length: to.length + 1 }, (_, index) => index)
  for (let i = 1; i <= from.length; i++) {
    const next = [i]
    for (let j = 1; j <= to.length; j++) {
      const replaced = (row[j - 1] ?? 0) + (from[i - 1] === to[j - 1] ? 0 : 1)
      next.push(Math.min(replaced, (row[j] ?? 0) + 1, (next[j - 1] ?? 0) + 1))
    }
    row = next
  }
  return row[to.length] ?? 0
}
