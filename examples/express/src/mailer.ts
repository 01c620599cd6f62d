import { ThrottledError } from '@dispatch/core'

/** Sends one e-mail per idempotency key. */
export interface Mailer {
  send(to: string, text: string, key: string): Promise<void>
  /** Messages sent, by recipient. */
  readonly sent: ReadonlyMap<string, readonly string[]>
}

/** A mailer that throttles every fifth request. It stands in for a mail service on the network. */
export function createMailer(): Mailer {
  const sent = new Map<string, string[]>()
  const keys = new Set<string>()
  let requests = 0
  return {
    sent,
    async send(to, text, key) {
      requests += 1
      if (requests % 5 === 1) throw new ThrottledError('too many e-mails', { retryAfterMs: 50 })
      if (keys.has(key)) return
      keys.add(key)
      sent.set(to, [...(sent.get(to) ?? []), text])
    },
  }
}
