import { types } from 'node:util'
import { VALUE_DEPTH_MAX } from '../../bounds/limits.js'
import type { Any } from '../../messages/gen/google-protobuf.js'
import { type ProtoWriter, writeProto } from '../../proto/writer.js'
import { isWellFormed } from '../../text/text.js'
import { anyOf, TYPE_URLS } from '../kinds/any.js'
import { describe, keyPart, refusal } from '../kinds/refusal.js'
import { TypedNumber } from '../kinds/typed-values.js'
import { isPlainObject, substituteOf } from '../kinds/value-kinds.js'

/**
 * The input for a function of the original Python SDK, which takes nothing else than these pickled arguments.
 * Numbers that are integers become `int`; `float(1)` becomes a `float`. `null` and `undefined` become `None`, arrays
 * lists, plain objects and maps dicts, sets sets and `Uint8Array`s bytes.
 *
 * @param kwargs - Keyword arguments. Python functions that are not `async def` fail when there are any.
 * @throws {DispatchError} `invalid_argument` that begins with the path of what cannot be carried.
 */
export function encodePythonArguments(
  args: readonly unknown[],
  kwargs: Readonly<Record<string, unknown>> = {},
): Any {
  return pickledAny(pickleArguments(args, kwargs))
}

/** A pickle as a value. */
export function pickledAny(pickle: Uint8Array): Any {
  return anyOf(TYPE_URLS.pickled, writeProto(writePickled, pickle))
}

function writePickled(writer: ProtoWriter, pickle: Uint8Array): void {
  if (pickle.length === 0) return
  writer.byte(0x0a)
  writer.bytes(pickle)
}

/** The smallest set of opcodes will do; CPython loads them to the same object as its own. */
function pickleArguments(args: readonly unknown[], kwargs: Readonly<Record<string, unknown>>): Uint8Array {
  const pickler = new Pickler()
  pickler.raw('\x80\x03cdispatch.proto\nArguments\n)\x81}(')
  pickler.write('args', [])
  pickler.writeTuple(args, ['args'])
  pickler.write('kwargs', [])
  pickler.write(kwargs, ['kwargs'])
  pickler.raw('ub.')
  return pickler.finish()
}

/** Longest integer that the one-byte length of its opcode allows. */
const INTEGER_BYTES_MAX = 255

class Pickler {
  private readonly parts: Buffer[] = []
  private readonly around: object[] = []

  finish(): Uint8Array {
    return new Uint8Array(Buffer.concat(this.parts))
  }

  /** Opcodes and bytes, a character each. */
  raw(characters: string): void {
    this.parts.push(Buffer.from(characters, 'latin1'))
  }

  write(value: unknown, path: string[]): void {
    if (value === null || value === undefined) this.raw('N')
    else if (typeof value === 'boolean') this.raw(value ? '\x88' : '\x89')
    else if (typeof value === 'number') this.parts.push(numberOpcode(value))
    else if (typeof value === 'bigint') this.writeBigInt(value, path)
    else if (typeof value === 'string') this.writeText(value, path)
    else if (value instanceof TypedNumber) this.writeTypedNumber(value, path)
    else if (types.isUint8Array(value)) this.writeData('B', value)
    else if (typeof value === 'object') this.writeContainer(value, path)
    else throw refusal(path, `a ${typeof value} cannot be carried; leave it out`)
  }

  writeTuple(items: readonly unknown[], path: string[]): void {
    this.writeItems('(', items, 't', path)
  }

  private writeContainer(value: object, path: string[]): void {
    if (this.around.includes(value)) throw refusal(path, 'a circular structure cannot be carried')
    if (this.around.length >= VALUE_DEPTH_MAX) {
      throw refusal(path, `nested deeper than ${VALUE_DEPTH_MAX} arrays and objects`)
    }
    this.around.push(value)
    if (Array.isArray(value)) this.writeItems('](', value, 'e', path)
    else if (types.isSet(value)) this.writeItems('\x8f(', value, '\x90', path)
    else if (types.isMap(value)) this.writeDict(value, path)
    else if (isPlainObject(value)) this.writeDict(propertiesOf(value), path)
    else
      throw refusal(
        path,
        `${describe(value)} cannot be carried to Python; pass plain data, such as a string or a number`,
      )
    this.around.pop()
  }

  private writeItems(begin: string, items: Iterable<unknown>, end: string, path: string[]): void {
    this.raw(begin)
    let index = 0
    for (const item of items) {
      this.writeChild(item, String(index), path, `[${index}]`)
      index++
    }
    this.raw(end)
  }

  private writeDict(entries: Iterable<[unknown, unknown]>, path: string[]): void {
    this.raw('}(')
    for (const [key, item] of entries) {
      this.writeChild(key, '', path, '.keys()')
      this.writeChild(item, String(key), path, keyPart(String(key)))
    }
    this.raw('u')
  }

  private writeChild(value: unknown, key: string, path: string[], part: string): void {
    path.push(part)
    this.write(value instanceof TypedNumber ? value : substituteOf(value, key), path)
    path.pop()
  }

  private writeTypedNumber({ kind, value }: TypedNumber, path: string[]): void {
    if (kind === 'float') this.parts.push(floatOpcode(Number(value)))
    else this.writeBigInt(BigInt(value), path)
  }

  private writeBigInt(value: bigint, path: string[]): void {
    const opcode = integerOpcode(value)
    if (opcode === undefined)
      throw refusal(path, 'a bigint of more than 255 bytes cannot be carried to Python')
    this.parts.push(opcode)
  }

  private writeText(value: string, path: string[]): void {
    if (!isWellFormed(value))
      throw refusal(path, 'a string that is not well-formed Unicode cannot be carried to Python')
    this.writeData('X', Buffer.from(value, 'utf8'))
  }

  /** Four bytes of length, and the data. */
  private writeData(opcode: string, data: Uint8Array): void {
    const head = Buffer.alloc(5, opcode)
    head.writeUInt32LE(data.length, 1)
    this.parts.push(head, Buffer.from(data))
  }
}

function numberOpcode(value: number): Buffer {
  const isInteger = Number.isSafeInteger(value) && !Object.is(value, -0)
  return (isInteger ? integerOpcode(BigInt(value)) : undefined) ?? floatOpcode(value)
}

function floatOpcode(value: number): Buffer {
  const bytes = Buffer.alloc(9, 'G')
  bytes.writeDoubleBE(value, 1)
  return bytes
}

/** The shortest opcode; `undefined` when the integer is too long for all of them. */
function integerOpcode(value: bigint): Buffer | undefined {
  if (value >= 0n && value <= 0xffn) return Buffer.from([0x4b, Number(value)])
  if (value >= 0n && value <= 0xffffn) return Buffer.from([0x4d, Number(value) & 0xff, Number(value) >> 8])
  if (BigInt.asIntN(32, value) === value) {
    const bytes = Buffer.alloc(5, 'J')
    bytes.writeInt32LE(Number(value), 1)
    return bytes
  }
  // The bits of the magnitude and one for the sign, in whole bytes.
  const magnitude = value < 0n ? -value - 1n : value
  const length = Math.floor(magnitude.toString(2).length / 8) + 1
  if (length > INTEGER_BYTES_MAX) return undefined
  const hexadecimal = BigInt.asUintN(length * 8, value)
    .toString(16)
    .padStart(length * 2, '0')
  return Buffer.concat([Buffer.from([0x8a, length]), Buffer.from(hexadecimal, 'hex').reverse()])
}

/** Properties without a value are left out, as in JSON. */
function propertiesOf(value: Record<string, unknown>): [string, unknown][] {
  return Object.entries(value).filter(([, item]) => item !== undefined)
}
