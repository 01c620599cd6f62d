import { setOwn } from './set-own.js'

/** What reading needs of a message type: part of `MessageSchema`, which refers to the reader. */
export interface ReadableSchema<Shape> {
  empty(): Shape
  read(reader: ProtoReader, end: number, message: Shape): void
}

/** What reading needs of a message: part of `Message`. */
export interface KeepsUnknown {
  $unknown?: { readonly no: number; readonly wireType: number; readonly data: Uint8Array }[] | undefined
}

/** Most messages inside a message, and groups inside those, one in another. */
const DEPTH_MAX = 99

const TEXT_DECODER = new TextDecoder('utf-8', { fatal: true, ignoreBOM: true })

/** Where the two halves of a 64-bit integer are put together. */
const WORDS = new DataView(new ArrayBuffer(8))

/**
 * Reads protobuf's binary format. Every method throws an `Error` when the bytes are malformed: cut off, a varint of
 * more than ten bytes, a part that ends behind its whole, text that is not UTF-8, nesting deeper than
 * {@link DEPTH_MAX}.
 */
export class ProtoReader {
  position = 0
  private readonly buffer: Uint8Array
  /** The same memory, for Node's fast way to read text, and for numbers; made when needed. */
  private textBuffer: Buffer | undefined
  private view: DataView | undefined
  private depth = 0

  constructor(buffer: Uint8Array) {
    this.buffer = buffer
    this.textBuffer = Buffer.isBuffer(buffer) ? buffer : undefined
  }

  /** Field number << 3 | wire type. */
  tag(): number {
    const start = this.position
    const tag = this.uint32()
    const count = this.position - start
    if (count >= 5 && (count > 5 || (this.buffer[this.position - 1] ?? 0) > 0x0f)) throw wrongTag(tag)
    return tag
  }

  /** A varint; of a longer one the lower 32 bits. */
  uint32(): number {
    const { buffer } = this
    let byte = buffer[this.position++] as number
    if (byte < 0x80) return byte
    let value = byte & 0x7f
    for (let shift = 7; shift < 70; shift += 7) {
      byte = buffer[this.position++] as number
      if (shift < 35) value |= (byte & 0x7f) << shift
      if (byte < 0x80) return value >>> 0
    }
    throw malformedVarint()
  }

  int32(): number {
    return this.uint32() | 0
  }

  bool(): boolean {
    return this.uint64() !== 0n
  }

  uint64(): bigint {
    this.readWords()
    return WORDS.getBigUint64(0, true)
  }

  int64(): bigint {
    this.readWords()
    return WORDS.getBigInt64(0, true)
  }

  double(): number {
    this.position += 8
    return this.numbers().getFloat64(this.position - 8, true)
  }

  float(): number {
    this.position += 4
    return this.numbers().getFloat32(this.position - 4, true)
  }

  string(): string {
    const end = this.partEnd()
    const start = this.position
    this.position = end
    if (start === end) return ''
    this.textBuffer ??= Buffer.from(this.buffer.buffer, this.buffer.byteOffset, this.buffer.byteLength)
    const text = this.textBuffer.toString('utf8', start, end)
    // U+FFFD replaces malformed bytes but may also have been sent: the slower decoder distinguishes the two.
    return text.includes('\ufffd') ? TEXT_DECODER.decode(this.buffer.subarray(start, end)) : text
  }

  /** A view of the bytes, not a copy. */
  bytes(): Uint8Array {
    const end = this.partEnd()
    const bytes = this.buffer.subarray(this.position, end)
    this.position = end
    return bytes
  }

  /** A message of this type, merged into `target`. */
  message<Shape>(schema: ReadableSchema<Shape>, target: Shape = schema.empty()): Shape {
    const end = this.partEnd()
    if (++this.depth > DEPTH_MAX) throw tooDeep()
    schema.read(this, end, target)
    this.depth--
    this.assertAt(end)
    return target
  }

  /** The end of a part that begins with its length, here. */
  partEnd(): number {
    const length = this.uint32()
    const end = this.position + length
    if (end > this.buffer.length) throw new RangeError('the message is truncated')
    return end
  }

  /** At the end of a part: nothing in it may have been longer. */
  assertAt(end: number): void {
    if (this.position !== end) throw new RangeError('a length exceeds the enclosing message')
  }

  /** Whether a packed part has more values; {@link assertAt} checks its end. */
  before(end: number): boolean {
    if (this.position < end) return true
    this.assertAt(end)
    return false
  }

  /** Reads an entry of a map from strings to messages of this type. */
  mapEntry<Shape>(schema: ReadableSchema<Shape>, map: Record<string, Shape>): void {
    const end = this.partEnd()
    let key = ''
    let value: Shape | undefined
    while (this.before(end)) {
      const tag = this.tag()
      if (tag === 0x0a) key = this.string()
      else if (tag === 0x12) value = this.message(schema, value)
      else this.skip(tag)
    }
    setOwn(map, key, value ?? schema.empty())
  }

  /** Keeps a field that is not known, or has another wire type than it should. */
  unknown(tag: number, message: KeepsUnknown): void {
    const start = this.position
    this.skip(tag)
    message.$unknown ??= []
    const data = this.buffer.subarray(start, this.position)
    message.$unknown.push({ no: tag >>> 3, wireType: tag & 7, data })
  }

  /** @param depth - Groups around the field. */
  skip(tag: number, depth = 0): void {
    if (tag >>> 3 === 0) throw wrongTag(tag)
    switch (tag & 7) {
      case 0:
        this.readWords()
        break
      case 1:
        this.position += 8
        break
      case 2:
        this.position = this.partEnd()
        break
      case 3:
        this.skipGroup(tag + 1, depth + 1)
        break
      case 5:
        this.position += 4
        break
      default:
        throw wrongTag(tag)
    }
    if (this.position > this.buffer.length) throw new RangeError('the message is truncated')
  }

  private skipGroup(endTag: number, depth: number): void {
    if (this.depth + depth > DEPTH_MAX) throw tooDeep()
    for (let tag = this.tag(); tag !== endTag; tag = this.tag()) this.skip(tag, depth)
  }

  private numbers(): DataView {
    this.view ??= new DataView(this.buffer.buffer, this.buffer.byteOffset, this.buffer.byteLength)
    return this.view
  }

  /** Seven bits a byte, the lowest first: 28 into the lower word, then 4 and 3 of one byte, then 29. */
  private readWords(): void {
    const { buffer } = this
    let low = 0
    let high = 0
    let byte = 0x80
    for (let shift = 0; shift < 28 && byte >= 0x80; shift += 7) {
      byte = buffer[this.position++] as number
      low |= (byte & 0x7f) << shift
    }
    for (let shift = -4; shift <= 31 && !(byte < 0x80); shift += 7) {
      byte = buffer[this.position++] as number
      if (shift < 0) low |= byte << 28
      high |= shift < 0 ? (byte & 0x7f) >> 4 : (byte & 0x7f) << shift
    }
    if (!(byte < 0x80)) throw malformedVarint()
    WORDS.setUint32(0, low, true)
    WORDS.setUint32(4, high, true)
  }
}

function malformedVarint(): Error {
  return new RangeError('a varint is truncated or longer than ten bytes')
}

function wrongTag(tag: number): Error {
  return new RangeError(`there is no field ${tag >>> 3} of wire type ${tag & 7}`)
}

function tooDeep(): Error {
  return new RangeError(`messages are nested deeper than ${DEPTH_MAX + 1}`)
}
