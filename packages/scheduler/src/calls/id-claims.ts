import type { Store } from '../store/store.js'

/** Ids that no other request looks up meanwhile. */
export interface IdClaim {
  /** Those of the ids that exist, and the tenants whose calls they are. */
  readonly existing: ReadonlyMap<string, string>
  release(): void
}

/** Looks up ids in the store, so that two concurrent requests with the same id record it once. */
export class IdClaims {
  readonly #store: Pick<Store, 'existing'>
  /** Ids that are claimed, with the end of the claim. */
  readonly #claimed = new Map<string, Promise<void>>()

  constructor(store: Pick<Store, 'existing'>) {
    this.#store = store
  }

  /** Resolves when no other request has claimed any of the ids and the store has been asked for them. */
  async claim(ids: readonly string[]): Promise<IdClaim> {
    for (;;) {
      const other = ids.map((id) => this.#claimed.get(id)).find((claim) => claim !== undefined)
      if (other === undefined) break
      await other
    }
    let end = (): void => {}
    const ended = new Promise<void>((resolve) => {
      end = resolve
    })
    for (const id of ids) this.#claimed.set(id, ended)
    const release = (): void => {
      for (const id of ids) this.#claimed.delete(id)
      end()
    }
    try {
      return { existing: await this.#store.existing(ids), release }
    } catch (error) {
      release()
      throw error
    }
  }
}
