/** A Markdown table. */
export function table(head, rows) {
  const line = (cells) => `| ${cells.join(' | ')} |\n`.replaceAll('|  |', '| |')
  return line(head) + line(head.map(() => '---')) + rows.map(line).join('')
}
