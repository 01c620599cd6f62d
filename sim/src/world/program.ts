import type { FailureStatus } from '@dispatch/protocol'
import type { Dice } from '../tools/dice.js'

/** The behavior of a simulated call as data: it is the call's input. */
export type Program =
  /** Fails `failures` times with a retryable status, then returns its label. */
  | { kind: 'leaf'; label: string; failures: number; failure: FailureStatus; workMs: number }
  /** Runs one at a time among all calls of its kind and returns its label. */
  | { kind: 'queued'; label: string; workMs: number }
  /** Fails with a status that is not retryable. */
  | { kind: 'broken'; status: FailureStatus; workMs: number }
  /** Fails with a retryable status until its attempts are used up. */
  | { kind: 'limited'; attemptsMax: number }
  /** Performs its steps in order and returns their results, or the result of `tail`. */
  | { kind: 'node'; steps: Step[]; tail?: Program }

export type Step =
  | { kind: 'await'; child: Program }
  | { kind: 'gather' | 'all' | 'settled'; children: Program[] }
  /** Several calls with the same label; the first result counts. */
  | { kind: 'race'; label: string; workMs: number[] }
  /** Some fail; one returns the label. */
  | { kind: 'any'; label: string; broken: number }
  | { kind: 'catch'; child: Program }
  | { kind: 'catch-gather'; children: Program[] }
  | { kind: 'sleep'; ms: number }
  | { kind: 'sleep-and-await'; ms: number; child: Program }
  | { kind: 'dispatch'; child: Program }
  /** Plain I/O, which is not durable. */
  | { kind: 'io'; turns: number }

/** The outcome of a call in a world without faults. */
export type Expected = { readonly value: unknown } | { readonly failed: true }

const RETRYABLE: readonly FailureStatus[] = ['timeout', 'throttled', 'temporary', 'dns', 'tcp', 'tls', 'http']
const FINAL: readonly FailureStatus[] = [
  'permanent',
  'invalid_argument',
  'invalid_response',
  'permission_denied',
  'not_found',
]

/** A random tree of calls with a depth of at most `depth`. */
export function randomProgram(dice: Dice, depth: number): Program {
  if (depth === 0 || dice.chance(0.2)) return randomLeaf(dice)
  const steps = Array.from({ length: dice.between(1, 4) }, () => randomStep(dice, depth - 1))
  return dice.chance(0.1)
    ? { kind: 'node', steps, tail: randomProgram(dice, depth - 1) }
    : { kind: 'node', steps }
}

/** Many calls that wait for their turn concurrently. */
export function randomRush(dice: Dice): Program {
  const children = Array.from({ length: dice.between(5, 9) }, () => randomQueued(dice))
  return { kind: 'node', steps: [{ kind: 'gather', children }] }
}

function randomQueued(dice: Dice): Program {
  return { kind: 'queued', label: `q${dice.between(0, 999)}`, workMs: dice.between(1, 400) }
}

function randomLeaf(dice: Dice): Program {
  if (dice.chance(0.1)) return randomQueued(dice)
  return {
    kind: 'leaf',
    label: `l${dice.between(0, 999)}`,
    failures: dice.chance(0.3) ? dice.between(1, 3) : 0,
    failure: dice.pick(RETRYABLE),
    workMs: dice.chance(0.3) ? dice.between(1, 3_000) : 0,
  }
}

function randomBroken(dice: Dice): Program {
  return { kind: 'broken', status: dice.pick(FINAL), workMs: dice.chance(0.3) ? dice.between(1, 1_000) : 0 }
}

function randomStep(dice: Dice, depth: number): Step {
  const children = (): Program[] =>
    Array.from({ length: dice.between(0, 6) }, () => randomProgram(dice, depth))
  const label = `s${dice.between(0, 999)}`
  switch (dice.between(0, 14)) {
    case 0:
      return { kind: 'gather', children: children() }
    case 1:
      return { kind: 'all', children: children() }
    case 2:
      return { kind: 'settled', children: [...children(), randomBroken(dice)] }
    case 3:
      return {
        kind: 'race',
        label,
        workMs: Array.from({ length: dice.between(1, 4) }, () => dice.between(0, 2_000)),
      }
    case 4:
      return { kind: 'any', label, broken: dice.between(0, 3) }
    case 5:
      return {
        kind: 'catch',
        child: dice.chance(0.3) ? { kind: 'limited', attemptsMax: dice.between(1, 3) } : randomBroken(dice),
      }
    case 6:
      return { kind: 'catch-gather', children: [...children(), randomBroken(dice)] }
    case 7:
      return { kind: 'sleep', ms: dice.between(0, 5_000) }
    case 8:
      return { kind: 'sleep-and-await', ms: dice.between(0, 3_000), child: randomProgram(dice, depth) }
    case 9:
      return { kind: 'dispatch', child: randomLeaf(dice) }
    case 10:
      return { kind: 'io', turns: dice.between(1, 3) }
    case 11:
      return { kind: 'await', child: dice.chance(0.1) ? randomBroken(dice) : randomProgram(dice, depth) }
    case 12:
      return {
        kind: 'gather',
        children: Array.from({ length: dice.between(2, 8) }, () => randomQueued(dice)),
      }
    default:
      return { kind: 'await', child: randomProgram(dice, depth) }
  }
}

/** The execution in memory, without a scheduler and without faults, with which every simulated one is compared. */
export function expectedOf(program: Program): Expected {
  switch (program.kind) {
    case 'leaf':
    case 'queued':
      return { value: program.label }
    case 'broken':
    case 'limited':
      return { failed: true }
    case 'node': {
      const values: unknown[] = []
      for (const step of program.steps) {
        const result = expectedOfStep(step)
        if ('failed' in result) return result
        values.push(result.value)
      }
      return program.tail === undefined ? { value: values } : expectedOf(program.tail)
    }
  }
}

function expectedOfStep(step: Step): Expected {
  switch (step.kind) {
    case 'await':
      return expectedOf(step.child)
    case 'gather':
    case 'all': {
      const results = step.children.map(expectedOf)
      const values = results.map((result) => ('value' in result ? result.value : undefined))
      return results.some((result) => 'failed' in result) ? { failed: true } : { value: values }
    }
    case 'settled':
      return {
        value: step.children.map((child) => ('failed' in expectedOf(child) ? 'rejected' : 'fulfilled')),
      }
    case 'race':
    case 'any':
      return { value: step.label }
    case 'catch':
    case 'catch-gather':
      return { value: 'caught' }
    case 'sleep-and-await': {
      const result = expectedOf(step.child)
      return 'failed' in result ? result : { value: [null, result.value] }
    }
    case 'sleep':
    case 'dispatch':
    case 'io':
      return { value: step.kind }
  }
}
