import { styleText } from 'node:util'

/** Where output is written: standard output, or a test double. */
export interface Output {
  readonly isTTY?: boolean
  readonly columns?: number
  write(text: string): unknown
}

/** Colours strings on a terminal, and returns them unchanged elsewhere. */
export type Paint = (style: Parameters<typeof styleText>[0], text: string) => string

export function paintOf(output: Output): Paint {
  const isPlain = output.isTTY !== true || Boolean(process.env.NO_COLOR)
  return (style, text) => (isPlain ? text : styleText(style, text))
}

/** With thousands separators. */
export function count(value: number): string {
  return value.toLocaleString('en-US')
}

export function seconds(durationMs: number): string {
  return `${(durationMs / 1_000).toFixed(1)} s`
}
