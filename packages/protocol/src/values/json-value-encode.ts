import { VALUE_DEPTH_MAX } from '../bounds/limits.js'
import type { ProtoWriter } from '../proto/writer.js'
import { isWellFormed } from '../text/text.js'
import { isJsonNumber, isPlainObject, substituteOf } from './kinds/value-kinds.js'

/**
 * Writes `value` as a `google.protobuf.Value`. Returns false when that cannot hold it exactly, or when it is not data or
 * is nested too deep: the caller then discards the bytes and uses {@link encodeJsValue}.
 *
 * @param value - As {@link substituteOf} gave it.
 * @param depth - Arrays and objects around the value.
 */
export function writeJsonValue(writer: ProtoWriter, value: unknown, depth: number): boolean {
  switch (typeof value) {
    case 'string':
      writer.byte(0x1a)
      writer.text(value)
      return isWellFormed(value)
    case 'number':
      writer.byte(0x11)
      writer.double(value)
      return isJsonNumber(value)
    case 'boolean':
      writer.byte(0x20)
      writer.byte(value ? 1 : 0)
      return true
    case 'object':
      if (value === null) return writeNull(writer)
      if (depth >= VALUE_DEPTH_MAX) return false
      if (Array.isArray(value)) return writeList(writer, value, depth + 1)
      return isPlainObject(value) && writeStruct(writer, value, depth + 1)
    default:
      return false
  }
}

function writeNull(writer: ProtoWriter): true {
  writer.byte(0x08)
  writer.byte(0)
  return true
}

function writeList(writer: ProtoWriter, items: readonly unknown[], depth: number): boolean {
  writer.byte(0x32)
  const list = writer.fork()
  for (let index = 0; index < items.length; index++) {
    writer.byte(0x0a)
    const item = writer.fork()
    if (!writeJsonValue(writer, substituteOf(items[index], String(index)), depth)) return false
    writer.join(item)
  }
  writer.join(list)
  return true
}

/** Properties without a value are omitted, as in JSON. */
function writeStruct(writer: ProtoWriter, properties: Record<string, unknown>, depth: number): boolean {
  writer.byte(0x2a)
  const struct = writer.fork()
  for (const key of Object.keys(properties)) {
    const value = substituteOf(properties[key], key)
    if (value === undefined) continue
    if (!isWellFormed(key)) return false
    writer.byte(0x0a)
    const entry = writer.fork()
    writer.byte(0x0a)
    writer.text(key)
    writer.byte(0x12)
    const mark = writer.fork()
    if (!writeJsonValue(writer, value, depth)) return false
    writer.join(mark)
    writer.join(entry)
  }
  writer.join(struct)
  return true
}
