import { type CallContext, type CallHandle, DispatchError, type DispatchFunction, func } from '@dispatch/core'

/** Performs an external step under an idempotency key and resolves with the number of requests for that step. */
export type Effect = (step: string, key: string) => Promise<number>

/** The expected outcome of a call that is dispatched under a name, and the steps that it performs. */
export interface Promised {
  /** The output, or the message of the failure. */
  readonly outcome: string
  readonly steps: readonly string[]
}

/** Calls that can be requested from an application. Every name is used once; every step is named after its call. */
export const KINDS = {
  single: (name) => ({ outcome: `did ${name}`, steps: [name] }),
  delayed: (name) => ({ outcome: `did ${name}`, steps: [name] }),
  chain: (name) => ({ outcome: `chain ${name}`, steps: [`${name}/1`, `${name}/2`, `${name}/3`] }),
  fan: (name) => ({ outcome: `fan ${name}`, steps: [1, 2, 3, 4].map((part) => `${name}/${part}`) }),
  nested: (name) => ({
    outcome: `nested ${name}`,
    steps: [1, 2].flatMap((part) => [1, 2, 3].map((step) => `${name}/${part}/${step}`)),
  }),
  sleepy: (name) => ({ outcome: `sleepy ${name}`, steps: [`${name}/before`, `${name}/after`] }),
  flaky: (name) => ({ outcome: `flaky ${name}`, steps: [name] }),
  throttled: (name) => ({ outcome: `throttled ${name}`, steps: [`${name}/1`, `${name}/2`] }),
  relay: (name) => ({ outcome: `did ${name}/relayed`, steps: [`${name}/before`, `${name}/relayed`] }),
  failing: (name) => ({ outcome: `refused ${name}`, steps: [name] }),
  launching: (name) => ({ outcome: `launching ${name}`, steps: [] }),
} as const satisfies Record<string, (name: string) => Promised>

export type Kind = keyof typeof KINDS

/** Calls that `launching` dispatches. */
export function launchedBy(name: string): string {
  return `${name}/launched`
}

/** The functions of the application under test. */
export function createFunctions(effect: Effect) {
  const step = func('step', async (name: string, call: CallContext) => {
    await effect(name, call.dispatchId)
    return `did ${name}`
  })
  const again = func('again', async (name: string, call: CallContext) => {
    const times = await effect(name, call.dispatchId)
    if (times === 1) throw new DispatchError('temporary', 'once more', { retryAfterMs: 20 })
    return name
  })
  const slow = func('slow', { concurrencyMax: 2 }, async (name: string, call: CallContext) => {
    const times = await effect(name, call.dispatchId)
    if (times === 1) throw new DispatchError('throttled', 'slower', { retryAfterMs: 10 })
    return name
  })
  const chain = func('chain', async (name: string) => {
    for (const part of [1, 2, 3]) await step.await(`${name}/${part}`)
    return `chain ${name}`
  })
  const fan = func('fan', async (name: string) => {
    const outputs = await step.gather([1, 2, 3, 4].map((part) => `${name}/${part}`))
    return outputs.join() === [1, 2, 3, 4].map((part) => `did ${name}/${part}`).join()
      ? `fan ${name}`
      : 'mixed up'
  })
  const nested = func('nested', async (name: string) => {
    await chain.gather([`${name}/1`, `${name}/2`])
    return `nested ${name}`
  })
  const sleepy = func('sleepy', async (name: string, call: CallContext) => {
    await Promise.all([step.await(`${name}/before`), call.sleep(30)])
    await call.sleep(10)
    await step.await(`${name}/after`)
    return `sleepy ${name}`
  })
  const flaky = func('flaky', async (name: string) => `flaky ${await again.await(name)}`)
  const throttled = func('throttled', async (name: string) => {
    await slow.gather([`${name}/1`, `${name}/2`])
    return `throttled ${name}`
  })
  const relay = func('relay', async (name: string) => {
    await step.await(`${name}/before`)
    return step.tailCall(`${name}/relayed`)
  })
  const failing = func('failing', async (name: string, call: CallContext) => {
    await effect(name, call.dispatchId)
    throw new DispatchError('permanent', `refused ${name}`)
  })
  const launching = func('launching', async (name: string) => {
    await step.dispatch(launchedBy(name))
    return `launching ${name}`
  })
  const all = [step, again, slow, chain, fan, nested, sleepy, flaky, throttled, relay, failing, launching]
  const byKind: Record<Exclude<Kind, 'single' | 'delayed'>, DispatchFunction<string, string>> = {
    chain,
    fan,
    nested,
    sleepy,
    flaky,
    throttled,
    relay,
    failing,
    launching,
  }
  const dispatch = (kind: Kind, name: string, id?: string): Promise<CallHandle<string>> => {
    if (kind === 'delayed') return step.dispatch(name, { id, delay: 40 })
    return (kind === 'single' ? step : byKind[kind]).dispatch(name, { id })
  }
  return { all, dispatch }
}
