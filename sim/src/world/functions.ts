import { type CallContext, DispatchError, type DispatchFunction, func } from '@dispatch/core'
import { QUEUED } from '../tools/fairness.js'
import type { Program, Step } from './program.js'

/** Maximum number of concurrent runs of leaves whose labels have the same ending. */
export const KEY_CONCURRENCY_MAX = 2

/** Further limits of leaves. */
export function keyOf(program: Program): string {
  return program.kind === 'leaf' ? program.label.slice(-1) : 'none'
}

/** Maximum number of concurrent runs of `leaf`, set by its callers. */
export const LEAF_CONCURRENCY_MAX = 4

/** The interface of the functions of a simulated process to the world. */
export interface FunctionWorld {
  /** Waits in virtual time. */
  pause(ms: number): Promise<void>
  /** Counts an execution of a call without children and returns the number of previous ones. */
  begin(dispatchId: string): number
  readonly codeVersion: CodeVersion
}

/** Possible changes of a deployment. Suspended calls restart from their input when the code makes an additional call. */
export const CODE_VERSIONS = [
  'as it was',
  'one call more at first',
  'one call more later',
  'without leaf',
  'without node',
] as const

export type CodeVersion = (typeof CODE_VERSIONS)[number]

/** The functions of a process: they execute the program in their input. */
export function createFunctions(world: FunctionWorld): DispatchFunction<Program, unknown>[] {
  const leaf = func(
    'leaf',
    {
      concurrencyMax: LEAF_CONCURRENCY_MAX,
      concurrencyKey: keyOf,
      concurrencyKeyMax: KEY_CONCURRENCY_MAX,
      priority: 1,
    },
    async (program: Program, call: CallContext): Promise<unknown> => {
      if (program.kind !== 'leaf') throw new TypeError(`leaf: got a ${program.kind}`)
      const executions = world.begin(call.dispatchId)
      if (program.workMs > 0) await world.pause(program.workMs)
      if (executions < program.failures) throw new DispatchError(program.failure, 'not yet')
      return program.label
    },
  )
  const broken = func('broken', async (program: Program, call: CallContext): Promise<unknown> => {
    if (program.kind !== 'broken') throw new TypeError(`broken: got a ${program.kind}`)
    world.begin(call.dispatchId)
    if (program.workMs > 0) await world.pause(program.workMs)
    throw new DispatchError(program.status, 'never')
  })
  const limited = func(
    'limited',
    { attemptsMax: 3 },
    async (_program: Program, call: CallContext): Promise<unknown> => {
      world.begin(call.dispatchId)
      throw new DispatchError('temporary', 'never in time')
    },
  )
  const queued = func(QUEUED, { concurrencyMax: 1 }, async (program: Program): Promise<unknown> => {
    if (program.kind !== 'queued') throw new TypeError(`queued: got a ${program.kind}`)
    if (program.workMs > 0) await world.pause(program.workMs)
    return program.label
  })
  /** The additional call of the changed code. */
  const probe = func('probe', async (_nothing: null) => 'probed')
  const node = func('node', async (program: Program, call: CallContext): Promise<unknown> => {
    if (program.kind !== 'node') throw new TypeError(`node: got a ${program.kind}`)
    if (world.codeVersion === 'one call more at first') await probe.await(null)
    const values: unknown[] = []
    for (const step of program.steps) {
      values.push(await doStep(step, call))
      if (world.codeVersion === 'one call more later') await probe.await(null)
    }
    if (program.tail === undefined) return values
    return functionOf(program.tail).tailCall(program.tail)
  })

  const functionOf = (program: Program): DispatchFunction<Program, unknown> =>
    ({ leaf, queued, broken, limited, node })[program.kind]
  const run = (program: Program): Promise<unknown> => functionOf(program).await(program)

  async function doStep(step: Step, call: CallContext): Promise<unknown> {
    switch (step.kind) {
      case 'await':
        return run(step.child)
      case 'gather':
        return gather(step.children)
      case 'all':
        return Promise.all(step.children.map(run))
      case 'settled':
        return (await Promise.allSettled(step.children.map(run))).map((result) => result.status)
      case 'race':
        return Promise.race(step.workMs.map((workMs) => run(ready(step.label, workMs))))
      case 'any': {
        const failing = Array.from({ length: step.broken }, () =>
          run({ kind: 'broken', status: 'permanent', workMs: 0 }),
        )
        return Promise.any([...failing, run(ready(step.label, 0))])
      }
      case 'catch':
        return run(step.child).then(
          () => 'not caught',
          () => 'caught',
        )
      case 'catch-gather':
        return gather(step.children).then(
          () => 'not caught',
          () => 'caught',
        )
      case 'sleep':
        await call.sleep(step.ms)
        return step.kind
      case 'sleep-and-await':
        return (await Promise.all([call.sleep(step.ms), run(step.child)])).map((value) => value ?? null)
      case 'dispatch':
        await functionOf(step.child).dispatch(step.child)
        return step.kind
      case 'io':
        for (let turn = 0; turn < step.turns; turn += 1) await world.pause(1)
        return step.kind
    }
  }

  /** `fn.gather` takes calls of one function: one gather per kind, with the values in order. */
  async function gather(children: readonly Program[]): Promise<unknown[]> {
    const values: unknown[] = new Array(children.length)
    const kinds = [...new Set(children.map((child) => child.kind))]
    await Promise.all(
      kinds.map(async (kind) => {
        const indices = [...children.keys()].filter((index) => children[index]?.kind === kind)
        const inputs = indices.map((index) => children[index] as Program)
        const outputs = await functionOf(inputs[0] as Program).gather(inputs)
        for (const [position, index] of indices.entries()) values[index] = outputs[position]
      }),
    )
    return values
  }

  const all = [leaf, queued, broken, limited, node, probe as never]
  return all.filter(({ name }) => world.codeVersion !== `without ${name}`)
}

function ready(label: string, workMs: number): Program {
  return { kind: 'leaf', label, failures: 0, failure: 'temporary', workMs }
}
