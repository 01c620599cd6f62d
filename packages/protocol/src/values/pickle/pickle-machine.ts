/** Thrown when a pickle is valid, but not one that we read: it stays opaque. */
export class UnreadPickle extends Error {}

/** A class or function that a pickle names. It is a name here and nothing more. */
export class PythonName {
  readonly text: string

  constructor(text: string) {
    this.text = text
  }
}

/** A `dispatch.proto.Arguments` that is being put together. */
export class ArgumentsDraft {
  state: ReadonlyMap<unknown, unknown> | undefined
}

/** Longest integer that is read. Converting decimal text takes quadratic time. Bytes, or digits in text. */
const INTEGER_LENGTH_MAX = 4_096

const STRICT_UTF8 = new TextDecoder('utf-8', { fatal: true, ignoreBOM: true })

/**
 * The stack, the memo and the input of an unpickler. Lists and tuples are arrays in it, dicts are maps, sets are
 * sets and bytes are `Uint8Array`s.
 *
 * Every method that reads or pops throws a `RangeError` when there is nothing left.
 */
export class PickleMachine {
  readonly memo = new Map<number, unknown>()
  private readonly bytes: Buffer
  private position = 0
  private readonly stack: unknown[] = []
  /** Heights of the stack at its marks. */
  private readonly marks: number[] = []

  constructor(pickle: Uint8Array) {
    this.bytes = Buffer.from(pickle.buffer, pickle.byteOffset, pickle.byteLength)
  }

  push(value: unknown): void {
    this.stack.push(value)
  }

  pop(): unknown {
    this.assertHeight(1)
    return this.stack.pop()
  }

  /** The topmost value, which stays. */
  top(): unknown {
    this.assertHeight(1)
    return this.stack[this.stack.length - 1]
  }

  /** The topmost `count` values, in the order in which they were pushed. */
  popMany(count: number): unknown[] {
    this.assertHeight(count)
    return this.stack.splice(this.stack.length - count)
  }

  mark(): void {
    this.marks.push(this.stack.length)
  }

  /** Everything above the last mark, and the mark. */
  popToMark(): unknown[] {
    const height = this.marks.pop()
    if (height === undefined) throw new RangeError('a mark is missing')
    return this.stack.splice(height)
  }

  /** `POP` as in CPython: a mark may be on top of the stack. */
  popOrUnmark(): void {
    if (this.stack.length === this.marks.at(-1)) this.marks.pop()
    else this.pop()
  }

  recall(index: number): unknown {
    if (!this.memo.has(index)) throw new RangeError(`nothing was memoized as ${index}`)
    return this.memo.get(index)
  }

  byte(): number {
    return this.bytes.readUInt8(this.advance(1))
  }

  uint16(): number {
    return this.bytes.readUInt16LE(this.advance(2))
  }

  uint32(): number {
    return this.bytes.readUInt32LE(this.advance(4))
  }

  int32(): number {
    return this.bytes.readInt32LE(this.advance(4))
  }

  /** A length of eight bytes; one that no number holds is longer than the input anyway. */
  uint64(): number {
    return Number(this.bytes.readBigUInt64LE(this.advance(8)))
  }

  double(): number {
    return this.bytes.readDoubleBE(this.advance(8))
  }

  /** A copy of the next bytes. */
  data(length: number): Uint8Array {
    const start = this.advance(length)
    return new Uint8Array(this.bytes.subarray(start, start + length))
  }

  /** Python allows text that is not Unicode. @throws {UnreadPickle} when this is such text. */
  text(length: number): string {
    const start = this.advance(length)
    try {
      return STRICT_UTF8.decode(this.bytes.subarray(start, start + length))
    } catch {
      throw new UnreadPickle('text with lone surrogates')
    }
  }

  /** The next line in Latin-1, without its end. */
  line(): string {
    const end = this.bytes.indexOf(0x0a, this.position)
    if (end < 0) throw new RangeError('a line is not terminated')
    const start = this.advance(end - this.position + 1)
    return this.bytes.toString('latin1', start, end)
  }

  /** An integer of so many bytes in two's complement, little-endian. */
  integer(length: number): number | bigint {
    if (length > INTEGER_LENGTH_MAX) throw new UnreadPickle('a very long integer')
    const start = this.advance(length)
    if (length === 0) return 0
    const hexadecimal = Buffer.from(this.bytes.subarray(start, start + length))
      .reverse()
      .toString('hex')
    return numberIfSafe(BigInt.asIntN(length * 8, BigInt(`0x${hexadecimal}`)))
  }

  private advance(length: number): number {
    const start = this.position
    if (length > this.bytes.length - start) throw new RangeError('it is truncated')
    this.position = start + length
    return start
  }

  private assertHeight(count: number): void {
    if (this.stack.length - (this.marks.at(-1) ?? 0) < count) throw new RangeError('the stack is empty')
  }
}

/** An integer in decimal text. */
export function integerOfText(text: string): number | bigint {
  if (text.length > INTEGER_LENGTH_MAX) throw new UnreadPickle('a very long integer')
  if (!/^[+-]?\d+$/.test(text)) throw new TypeError('an integer is malformed')
  return numberIfSafe(BigInt(text.replace('+', '')))
}

function numberIfSafe(value: bigint): number | bigint {
  const number = Number(value)
  return Number.isSafeInteger(number) ? number : value
}
