/** What can stand in a {@link FairQueue}. The queue owns `nextQueued` and `isQueued`. */
export interface Queueable {
  readonly tenant: string
  readonly rootId: string
  nextQueued: Queueable | undefined
  isQueued: boolean
}

/** Something with a place in a {@link Ring}, which owns `next`. */
interface Link {
  readonly key: string
  next: Link | undefined
}

/** Calls of one tree, first come first served. */
interface Lane<T> extends Link {
  head: T | undefined
  tail: T | undefined
}

/** The call trees of one tenant. */
interface Tenant<T> extends Link {
  readonly trees: Ring<Lane<T>>
}

/** A ring of things that take turns. It is linked one way, through the things themselves: a call may have one of its own. */
class Ring<V extends Link> {
  readonly #byKey = new Map<string, V>()
  /** The one whose turn was last; behind it is the one whose turn it is. */
  #last: V | undefined

  get size(): number {
    return this.#byKey.size
  }

  get(key: string): V | undefined {
    return this.#byKey.get(key)
  }

  /** Adds at the end: everything present has its turn first. */
  add(value: V): void {
    this.#byKey.set(value.key, value)
    value.next = this.#last?.next ?? value
    if (this.#last !== undefined) this.#last.next = value
    this.#last = value
  }

  /** The one whose turn it is. */
  current(): V | undefined {
    return this.#last?.next as V | undefined
  }

  advance(): void {
    this.#last = this.current()
  }

  /** Removes the one whose turn it is; the turn passes to the one behind it. */
  removeCurrent(): void {
    const removed = this.current()
    if (this.#last === undefined || removed === undefined) return
    this.#byKey.delete(removed.key)
    if (removed === this.#last) this.#last = undefined
    else this.#last.next = removed.next
    removed.next = undefined
  }
}

/**
 * The calls that wait for a slot of one limit key.
 *
 * Tenants take turns; within a tenant its call trees take turns; within a tree calls keep their order. So a tree
 * that is new is served within one round, however many calls another tree has waiting.
 */
export class FairQueue<T extends Queueable> {
  readonly #tenants = new Ring<Tenant<T>>()
  #size = 0

  /** Calls that wait. */
  get size(): number {
    return this.#size
  }

  push(item: T): void {
    let tenant = this.#tenants.get(item.tenant)
    if (tenant === undefined) {
      tenant = { key: item.tenant, next: undefined, trees: new Ring() }
      this.#tenants.add(tenant)
    }
    let lane = tenant.trees.get(item.rootId)
    if (lane === undefined) {
      lane = { key: item.rootId, next: undefined, head: undefined, tail: undefined }
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
