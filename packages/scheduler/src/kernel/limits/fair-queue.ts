/** What can stand in a {@link FairQueue}. The queue owns `nextQueued`, `nextTree` and `isQueued`. */
export interface Queueable {
  readonly tenant: string
  readonly rootId: string
  /** The one behind it in its tree. */
  nextQueued: Queueable | undefined
  /** Of the first of a tree: the first of the tree whose turn is next. */
  nextTree: Queueable | undefined
  isQueued: boolean
}

/**
 * The call trees of one tenant, which take turns; within a tree first come, first served.
 *
 * Linked through the calls themselves, and one way: a million calls may wait here, each a tree of its own.
 */
class Trees<T extends Queueable> {
  /** By root, the last call of each tree. */
  readonly #tails = new Map<string, T>()
  /** The first call of the tree whose turn was last; behind it is the one whose turn it is. */
  #last: Queueable | undefined

  get size(): number {
    return this.#tails.size
  }

  /** A tree that is new comes at the end: everything present has its turn first. */
  push(item: T): void {
    const tail = this.#tails.get(item.rootId)
    this.#tails.set(item.rootId, item)
    if (tail !== undefined) {
      tail.nextQueued = item
      return
    }
    item.nextTree = this.#last?.nextTree ?? item
    if (this.#last !== undefined) this.#last.nextTree = item
    this.#last = item
  }

  /** The first call of the tree whose turn it is. */
  head(): T | undefined {
    return this.#last?.nextTree as T | undefined
  }

  /** Unlinks {@link head} and passes the turn on to the next tree. */
  dropHead(): void {
    const heir = this.skipHead()
    if (heir !== undefined) this.#last = heir
  }

  /** Unlinks {@link head}. The next call of its tree, which is returned, has the turn in its place. */
  skipHead(): Queueable | undefined {
    const last = this.#last
    const head = last?.nextTree
    if (last === undefined || head === undefined) return undefined
    const following = head === last ? undefined : head.nextTree
    const heir = head.nextQueued
    if (heir !== undefined) heir.nextTree = following ?? heir
    else this.#tails.delete(head.rootId)
    if (following !== undefined) last.nextTree = heir ?? following
    else this.#last = heir
    head.nextQueued = undefined
    head.nextTree = undefined
    return heir
  }
}

/** A tenant that has calls waiting. */
interface Tenant<T extends Queueable> {
  readonly name: string
  readonly trees: Trees<T>
  /** The tenant whose turn is next. */
  next: Tenant<T> | undefined
}

/**
 * The calls that wait for a slot of one limit key.
 *
 * Tenants take turns; within a tenant its call trees take turns; within a tree calls keep their order. So a tree
 * that is new is served within one round, however many calls another tree has waiting.
 */
export class FairQueue<T extends Queueable> {
  readonly #tenants = new Map<string, Tenant<T>>()
  /** The tenant whose turn was last; behind it is the one whose turn it is. */
  #last: Tenant<T> | undefined
  #size = 0

  /** Calls that wait. */
  get size(): number {
    return this.#size
  }

  push(item: T): void {
    let tenant = this.#tenants.get(item.tenant)
    if (tenant === undefined) {
      tenant = { name: item.tenant, trees: new Trees(), next: undefined }
      this.#tenants.set(tenant.name, tenant)
      tenant.next = this.#last?.next ?? tenant
      if (this.#last !== undefined) this.#last.next = tenant
      this.#last = tenant
    }
    tenant.trees.push(item)
    item.isQueued = true
    this.#size += 1
  }

  /**
   * Takes a call out of its turn. It stays linked and is passed over when its turn comes, or let go when nothing else
   * waits.
   */
  withdraw(item: T): void {
    if (!item.isQueued) return
    item.isQueued = false
    this.#size -= 1
    while (this.#size === 0 && this.#last !== undefined) this.#skipHead()
  }

  /** The call whose turn it is, without taking it. One that was withdrawn does not cost its tree a turn. */
  peek(): T | undefined {
    for (;;) {
      const head = this.#last?.next?.trees.head()
      if (head === undefined || head.isQueued) return head
      this.#skipHead()
    }
  }

  /** Takes the call whose turn it is, and passes the turn on: to the next tenant, and there to the next tree. */
  shift(): T | undefined {
    const item = this.peek()
    const tenant = this.#last?.next
    if (item === undefined || tenant === undefined) return undefined
    item.isQueued = false
    this.#size -= 1
    tenant.trees.dropHead()
    if (tenant.trees.size > 0) this.#last = tenant
    else this.#removeTenant()
    return item
  }

  #skipHead(): void {
    const tenant = this.#last?.next
    tenant?.trees.skipHead()
    if (tenant?.trees.size === 0) this.#removeTenant()
  }

  /** Removes the tenant whose turn it is; the turn passes to the one behind it. */
  #removeTenant(): void {
    const last = this.#last
    const tenant = last?.next
    if (last === undefined || tenant === undefined) return
    this.#tenants.delete(tenant.name)
    if (tenant === last) this.#last = undefined
    else last.next = tenant.next
  }
}
