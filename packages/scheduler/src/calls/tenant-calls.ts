import { DispatchError, type Scheduler } from '@dispatch/protocol'
import { type Call, type CallInfo, CallState } from '@dispatch/protocol/messages'
import type { Driver } from '../driver/driver.js'
import type { SubmittedCall } from '../kernel/events/events.js'
import type { Kernel } from '../kernel/kernel.js'
import type { Store } from '../store/store.js'
import type { Admission } from './admission.js'
import { callInfoOf } from './call-info.js'
import type { EndedCalls } from './ended-calls.js'
import type { IdClaim, IdClaims } from './id-claims.js'
import { assertCalls, newCallOf } from './validate-calls.js'
import type { Waiters } from './waiters.js'

/** What the calls of all tenants share. */
export interface TenantCallsParts {
  readonly kernel: Kernel
  readonly driver: Driver
  readonly readCall: Store['readCall']
  readonly admission: Admission
  readonly claims: IdClaims
  readonly ended: EndedCalls
  readonly waiters: Waiters
  readonly newId: () => string
  /** For calls without an endpoint, which are refused otherwise. */
  readonly defaultEndpoint: string | undefined
  /** @throws {DispatchError} When calls can be neither taken nor read. */
  readonly assertUsable: () => void
}

/** The calls of one tenant: it sees no others. */
export class TenantCalls implements Scheduler {
  readonly #parts: TenantCallsParts
  readonly #tenant: string

  constructor(parts: TenantCallsParts, tenant: string) {
    this.#parts = parts
    this.#tenant = tenant
  }

  async dispatch(calls: readonly Call[]): Promise<string[]> {
    const { assertUsable, driver, admission, kernel, claims, ended } = this.#parts
    assertUsable()
    const complete = calls.map((call) => this.#withEndpoint(call))
    assertCalls(complete)
    driver.assertWrites()
    const admitted = admission.admit(complete, kernel, ({ dispatchId }) => {
      const dispatcher = dispatcherOf(dispatchId)
      return dispatcher !== undefined && kernel.tenantOf(dispatcher) === this.#tenant
    })
    try {
      const unsure = complete
        .map((call) => call.dispatchId)
        .filter((id) => id !== '' && ended.isUsed(id) === undefined)
      const claim = unsure.length === 0 ? undefined : await claims.claim(unsure)
      const ids = this.#submit(complete, claim)
      admitted.markSubmitted()
      await driver.whenDurable()
      assertUsable()
      return ids
    } finally {
      admitted.release()
    }
  }

  async get(id: string): Promise<CallInfo | undefined> {
    const { assertUsable, driver, kernel, readCall } = this.#parts
    assertUsable()
    const live = kernel.find(id)
    if (live !== undefined)
      return live.call.tenant === this.#tenant ? callInfoOf(live.call, live.isRunning) : undefined
    await driver.whenDurable()
    assertUsable()
    const stored = await readCall(id)
    if (stored === undefined || stored.call.tenant !== this.#tenant) return undefined
    return callInfoOf(stored.call, false, stored.payloads.result)
  }

  async wait(id: string, timeoutMs: number, signal?: AbortSignal): Promise<CallInfo | undefined> {
    const { assertUsable, kernel, ended, waiters } = this.#parts
    assertUsable()
    const owner = kernel.tenantOf(id) ?? ended.undurableTenantOf(id)
    if (owner === this.#tenant && timeoutMs > 0) {
      const done = await waiters.wait(id, timeoutMs, signal)
      if (done !== undefined) return done
    }
    return this.get(id)
  }

  async cancel(id: string): Promise<CallInfo | undefined> {
    await this.#cancelLive(id)
    const call = await this.get(id)
    if (call === undefined || call.state === CallState.DONE) return call
    // The call was recorded while it was read from the store.
    await this.#cancelLive(id)
    return this.get(id)
  }

  #withEndpoint(call: Call): Call {
    const { defaultEndpoint } = this.#parts
    return call.endpoint === '' && defaultEndpoint !== undefined
      ? { ...call, endpoint: defaultEndpoint }
      : call
  }

  /** Hands the calls that do not exist yet to the kernel, and ends the claim. Returns the ids of all of them. */
  #submit(calls: readonly Call[], claim: IdClaim | undefined): string[] {
    const { assertUsable, driver, ended, newId } = this.#parts
    const tenant = this.#tenant
    const ids: string[] = []
    const fresh: SubmittedCall[] = []
    try {
      // The lookup of the ids may have taken a while.
      assertUsable()
      for (const [index, call] of calls.entries()) {
        const id = call.dispatchId || newId()
        ids.push(id)
        if (call.dispatchId !== '') {
          const owner = this.#ownerOf(id) ?? claim?.existing.get(id)
          if (owner !== undefined && owner !== tenant) throw foreignIdError(index, id)
          if (claim?.existing.has(id) || ended.isUsed(id) === true) continue
        }
        fresh.push({ id, tenant, call: newCallOf(call) })
      }
      driver.submit({ kind: 'submit', calls: fresh })
    } finally {
      claim?.release()
    }
    return ids
  }

  /** The tenant of the call with this id, if the call is in memory. */
  #ownerOf(id: string): string | undefined {
    return this.#parts.kernel.tenantOf(id) ?? this.#parts.ended.tenantOf(id)
  }

  /** Cancels a call if it is not done. */
  async #cancelLive(id: string): Promise<void> {
    const { assertUsable, kernel, driver } = this.#parts
    assertUsable()
    if (kernel.tenantOf(id) !== this.#tenant) return
    driver.submit({ kind: 'cancel', id })
    await driver.whenDurable()
    assertUsable()
  }
}

/** The call whose run dispatched the call with this id; `undefined` when the id was chosen by the application (C1). */
function dispatcherOf(id: string): string | undefined {
  return /^(.+)\/d[\d.]+-[^/]+$/.exec(id)?.[1]
}

/** Refuses the whole request: an acknowledged call has to run, and the call of another tenant does not count as it. */
function foreignIdError(index: number, id: string): DispatchError {
  return new DispatchError(
    'permission_denied',
    `calls[${index}].dispatch_id: a call of another tenant has the id ${JSON.stringify(id)}; choose a unique one, with a prefix of your own`,
  )
}
