import { VALUE_DEPTH_MAX } from '../../bounds/limits.js'
import { setOwn } from '../../proto/set-own.js'
import { ArgumentsDraft, PickleMachine, PythonName, UnreadPickle } from './pickle-machine.js'
import { PICKLE_OPCODES, UNREAD_OPCODES } from './pickle-opcodes.js'
import { PickledArguments, PickledObject } from './pickled-object.js'

/** Most opcodes that are read. Each takes a byte or more and may make an object: this many take a second. */
const OPCODES_MAX = 1_000_000

/**
 * Largest value, its shared parts counted as often as they occur: a pickle of 100 bytes can hold a list that is
 * endless when written down. Values, plus characters and bytes.
 */
const EXPANDED_SIZE_MAX = 32_000_000

const STOP = '.'.charCodeAt(0)

/**
 * The value of a pickle when it holds plain data (None, bool, int, float, str, bytes, list, tuple, dict, set) or a
 * `dispatch.proto.Arguments` of them; otherwise a {@link PickledObject}, also when the value is circular, nested too
 * deep or too big. Nothing is ever imported or called.
 *
 * Tuples become arrays. A dict becomes a plain object when all of its keys are text, else a `Map`. An int becomes a
 * bigint when a number does not hold it.
 *
 * @throws {Error} when the bytes are not a pickle.
 */
export function decodePickle(pickle: Uint8Array): unknown {
  try {
    return new Reader().read(unpickle(pickle), 0).value
  } catch (error) {
    if (error instanceof UnreadPickle) return new PickledObject(new Uint8Array(pickle))
    throw error
  }
}

function unpickle(pickle: Uint8Array): unknown {
  const machine = new PickleMachine(pickle)
  for (let count = 0; count < OPCODES_MAX; count++) {
    const byte = machine.byte()
    if (byte === STOP) return machine.pop()
    const opcode = PICKLE_OPCODES.get(byte)
    if (opcode !== undefined) opcode(machine)
    else if (UNREAD_OPCODES.has(byte)) throw new UnreadPickle(`opcode ${byte}`)
    else throw new TypeError(`there is no opcode ${byte}`)
  }
  throw new UnreadPickle('too many opcodes')
}

/** A finished value; `size` and `height` (arrays and objects on the longest way down) count shared parts each time. */
interface Read {
  readonly value: unknown
  readonly size: number
  readonly height: number
}

/** Turns what the machine made into JavaScript values. Dicts had to wait: only now are all of their keys known. */
class Reader {
  private readonly done = new Map<object, Read | 'in progress'>()

  read(raw: unknown, depth: number): Read {
    if (typeof raw === 'string') return { value: raw, size: 1 + raw.length, height: 0 }
    if (raw instanceof Uint8Array) return { value: raw, size: 1 + raw.length, height: 0 }
    if (typeof raw !== 'object' || raw === null) return { value: raw, size: 1, height: 0 }
    const earlier = this.done.get(raw)
    if (earlier === 'in progress') throw new UnreadPickle('a circular structure')
    if (depth + (earlier?.height ?? 1) > VALUE_DEPTH_MAX) throw new UnreadPickle('nested too deep')
    if (earlier !== undefined) return earlier
    this.done.set(raw, 'in progress')
    const read = this.readContainer(raw, depth)
    this.done.set(raw, read)
    return read
  }

  private readContainer(raw: object, depth: number): Read {
    if (raw instanceof ArgumentsDraft) return this.readArguments(raw, depth)
    if (raw instanceof PythonName) throw new UnreadPickle(`the name ${raw.text}`)
    const parts = Array.isArray(raw) ? raw : raw instanceof Map ? keysAndValuesOf(raw) : (raw as Set<unknown>)
    const values: unknown[] = []
    let size = 1
    let height = 0
    for (const part of parts) {
      const read = this.read(part, depth + 1)
      values.push(read.value)
      size += read.size
      height = Math.max(height, read.height)
      if (size > EXPANDED_SIZE_MAX) throw new UnreadPickle('too big')
    }
    const value = Array.isArray(raw) ? values : raw instanceof Map ? dictOf(values) : new Set(values)
    return { value, size, height: height + 1 }
  }

  private readArguments({ state }: ArgumentsDraft, depth: number): Read {
    const rawArgs = state?.get('args')
    const rawKwargs = state?.get('kwargs')
    if (state?.size !== 2 || !Array.isArray(rawArgs) || !(rawKwargs instanceof Map)) {
      throw new UnreadPickle('arguments of another form')
    }
    const args = this.read(rawArgs, depth)
    const kwargs = this.read(rawKwargs, depth)
    if (kwargs.value instanceof Map) throw new UnreadPickle('arguments of another form')
    return {
      value: new PickledArguments(args.value as unknown[], kwargs.value as Record<string, unknown>),
      size: args.size + kwargs.size,
      height: Math.max(args.height, kwargs.height),
    }
  }
}

function keysAndValuesOf(dict: ReadonlyMap<unknown, unknown>): unknown[] {
  const parts: unknown[] = []
  for (const [key, value] of dict) parts.push(key, value)
  return parts
}

function dictOf(keysAndValues: readonly unknown[]): Map<unknown, unknown> | Record<string, unknown> {
  const properties: Record<string, unknown> = {}
  for (let index = 0; index < keysAndValues.length; index += 2) {
    const key = keysAndValues[index]
    if (typeof key !== 'string') return mapOf(keysAndValues)
    setOwn(properties, key, keysAndValues[index + 1])
  }
  return properties
}

function mapOf(keysAndValues: readonly unknown[]): Map<unknown, unknown> {
  const map = new Map<unknown, unknown>()
  for (let index = 0; index < keysAndValues.length; index += 2) {
    map.set(keysAndValues[index], keysAndValues[index + 1])
  }
  return map
}
