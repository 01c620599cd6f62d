/** What can stand in a {@link FairQueue}. The queue owns `nextQueued` and `isQueued`. */
export interface Queueable {
  readonly tenant: string
  readonly rootId: string
  nextQueued: Queueable | undefined
  isQueued: boolean
}

/** Calls of one tree, first come first served. */
interface Lane<T> {
  readonly key: string
  head: T | undefined
  tail: T | undefined
}

/** A ring of things that take turns: `next` is the one whose turn it is. */
class Ring<V extends { readonly key: string }> {
  readonly #byKey = new Map<string, { value: V; previous: string; next: string }>()
  #turn = ''

  get size(): number {
    return this.#byKey.size
  }

  get(key: string): V | undefined {
    return this.#byKey.get(key)?.value
  }

  /** Adds at the end: everything present has its turn first. */
  add(value: V): void {
    const turn = this.#byKey.get(this.#turn)
    if (turn === undefined) {
      this.#byKey.set(value.key, { value, previous: value.key, next: value.key })
      this.#turn = value.key
      return
    }
    const last = this.#at(turn.previous)
    this.#byKey.set(value.key, { value, previous: turn.previous, next: this.#turn })
    last.next = value.key
    turn.previous = value.key
  }

  current(): V | undefined {
    return this.#byKey.get(this.#turn)?.value
  }

  advance(): void {
    this.#turn = this.#at(this.#turn).next
  }

  /** Removes the one whose turn it is; the turn passes to the one behind it. */
  removeCurrent(): void {
    const key = this.#turn
    const entry = this.#at(key)
    this.#at(entry.previous).next = entry.next
    this.#at(entry.next).previous = entry.previous
    this.#turn = entry.next
    this.#byKey.delete(key)
  }

  #at(key: string): { value: V; previous: string; next: string } {
    const entry = this.#byKey.get(key)
    if (entry === undefined) throw new Error(`ring has no ${key}`)
    return entry
  }
}

/**
 * The calls that wait for a slot of one limit key.
 *
 * Tenants take turns; within a tenant its call trees take turns; within a tree calls keep their order. So a tree
 * that is new is served within one round, however many calls another tree has waiting.
 */
export class FairQueue<T extends Queueable> {
  readonly #tenants = new Ring<{ readonly key: string; readonly trees: Ring<Lane<T>> }>()
  #size = 0

  /** Calls that wait. */
  get size(): number {
    return this.#size
  }

  push(item: T): void {
    let tenant = this.#tenants.get(item.tenant)
    if (tenant === undefined) {
      tenant = { key: item.tenant, trees: new Ring() }
      this.#tenants.add(tenant)
    }
    let lane = tenant.trees.get(item.rootId)
    if (lane === undefined) {
      lane = { key: item.rootId, head: undefined, tail: undefined }
      tenant.trees.add(lane)
    }
    if (lane.tail === undefined) lane.head = item
    else lane.tail.nextQueued = item
    lane.tail = item
    item.isQueued = true
    this.#size += 1
  }

  /** Takes a call out of its turn. It stays linked and is passed over when its turn comes. */
  withdraw(item: T): void {
    if (!item.isQueued) return
    item.isQueued = false
    this.#size -= 1
  }

  /** The call whose turn it is, without taking it. */
  peek(): T | undefined {
    for (;;) {
      const tenant = this.#tenants.current()
      if (tenant === undefined) return undefined
      const head = tenant.trees.current()?.head
      if (head?.isQueued) return head
      this.#dropHead()
    }
  }

  shift(): T | undefined {
    const item = this.peek()
    if (item === undefined) return undefined
    item.isQueued = false
    this.#size -= 1
    this.#dropHead()
    return item
  }

  /** Unlinks the head of the current lane and passes the turn on. */
  #dropHead(): void {
    const tenant = this.#tenants.current()
    const lane = tenant?.trees.current()
    if (tenant === undefined || lane === undefined) throw new Error('fair queue: nothing to drop')
    const head = lane.head
    lane.head = head?.nextQueued as T | undefined
    if (head !== undefined) head.nextQueued = undefined
    if (lane.head === undefined) {
      lane.tail = undefined
      tenant.trees.removeCurrent()
    } else tenant.trees.advance()
    if (tenant.trees.size === 0) this.#tenants.removeCurrent()
    else this.#tenants.advance()
  }
}
