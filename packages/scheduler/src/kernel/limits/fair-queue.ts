/** An item of a {@link FairQueue}. The queue owns `nextQueued`, `nextTree` and `isQueued`. */
export interface Queueable {
  readonly tenant: string
  readonly rootId: string
  /** The item behind it in its tree. */
  nextQueued: Queueable | undefined
  /** Of the first item of a tree: the first item of the tree that is served next. */
  nextTree: Queueable | undefined
  isQueued: boolean
}

/**
 * The call trees of one tenant, served round robin; within a tree first come, first served.
 *
 * Both lists are linked through the items, and in one direction: a million calls may wait here, each a tree of its own.
 */
class Trees<T extends Queueable> {
  /** By root, the last item of each tree. */
  readonly #tails = new Map<string, T>()
  /** The first item of the tree that was served last. The list of trees is a ring, so the tree behind it is served next. */
  #last: Queueable | undefined

  get size(): number {
    return this.#tails.size
  }

  /** A new tree is added at the end: every tree that is present is served before it. */
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

  /** The first item of the tree that is served next. */
  head(): T | undefined {
    return this.#last?.nextTree as T | undefined
  }

  /** Unlinks {@link head}, and moves on to the next tree. */
  dropHead(): void {
    const successor = this.skipHead()
    if (successor !== undefined) this.#last = successor
  }

  /** Unlinks {@link head}. Returns the next item of its tree, which becomes the head. */
  skipHead(): Queueable | undefined {
    const last = this.#last
    const head = last?.nextTree
    if (last === undefined || head === undefined) return undefined
    const following = head === last ? undefined : head.nextTree
    const successor = head.nextQueued
    if (successor !== undefined) successor.nextTree = following ?? successor
    else this.#tails.delete(head.rootId)
    if (following !== undefined) last.nextTree = successor ?? following
    else this.#last = successor
    head.nextQueued = undefined
    head.nextTree = undefined
    return successor
  }
}

/** A tenant with queued items. */
interface Tenant<T extends Queueable> {
  readonly name: string
  readonly trees: Trees<T>
  /** The tenant that is served next. */
  next: Tenant<T> | undefined
}

/**
 * The calls that wait for a slot of one limit key.
 *
 * Round robin over tenants; within a tenant round robin over its call trees; within a tree first come, first served. So a
 * new tree is served within one round, however many calls of other trees wait.
 */
export class FairQueue<T extends Queueable> {
  readonly #tenants = new Map<string, Tenant<T>>()
  /** The tenant that was served last. The list of tenants is a ring, so the tenant behind it is served next. */
  #last: Tenant<T> | undefined
  #size = 0

  /** Queued items, without those that were withdrawn. */
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
   * Removes an item that need not be the first. It stays linked, and is unlinked when it becomes the head or when all
   * items are withdrawn.
   */
  withdraw(item: T): void {
    if (!item.isQueued) return
    item.isQueued = false
    this.#size -= 1
    while (this.#size === 0 && this.#last !== undefined) this.#skipHead()
  }

  /** The next item, which stays in the queue. Withdrawn items before it do not cost their tree its turn. */
  peek(): T | undefined {
    for (;;) {
      const head = this.#last?.next?.trees.head()
      if (head === undefined || head.isQueued) return head
      this.#skipHead()
    }
  }

  /** Removes and returns the next item, and moves on to the next tenant and to the next tree of this one. */
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

  /** Removes the tenant that would be served next. */
  #removeTenant(): void {
    const last = this.#last
    const tenant = last?.next
    if (last === undefined || tenant === undefined) return
    this.#tenants.delete(tenant.name)
    if (tenant === last) this.#last = undefined
    else last.next = tenant.next
  }
}
