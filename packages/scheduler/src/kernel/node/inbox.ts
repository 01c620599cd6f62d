/** The result of a child that its parent has not received yet. */
export interface InboxEntry {
  readonly ordinal: number
  readonly correlationId: bigint
  readonly isFailure: boolean
}

/** Results of children to be delivered to a call, oldest first. */
export class Inbox {
  readonly entries: InboxEntry[] = []
  failures = 0
  /** How many of `entries` the present run received. */
  delivering = 0

  add(entry: InboxEntry): void {
    this.entries.push(entry)
    if (entry.isFailure) this.failures += 1
  }

  /** Removes and returns what the present run received. */
  takeDelivered(): InboxEntry[] {
    const delivered = this.entries.splice(0, this.delivering)
    for (const { isFailure } of delivered) if (isFailure) this.failures -= 1
    this.delivering = 0
    return delivered
  }
}
