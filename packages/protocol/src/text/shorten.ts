/** A text that the sender of a request chose, at most so long, for a message. In UTF-16 units. */
export function shorten(text: string, lengthMax = 40): string {
  return text.length > lengthMax ? `${text.slice(0, lengthMax)}…` : text
}

/** As {@link shorten}, in quotes and with everything escaped. */
export function quote(text: string): string {
  return JSON.stringify(shorten(text))
}
