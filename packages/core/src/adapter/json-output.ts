/**
 * The JSON of a value, for clients that request a result over HTTP: bytes as base64, dates as ISO strings, `bigint` as a
 * number if that is exact and else as a string, sets as arrays, maps as objects or, if a key is not a string, as arrays of
 * pairs. Never throws.
 */
export function toJsonValue(value: unknown): unknown {
  switch (typeof value) {
    case 'bigint':
      return Number.isSafeInteger(Number(value)) ? Number(value) : value.toString()
    case 'function':
    case 'symbol':
      return null
    case 'object':
      return value === null ? null : objectToJson(value)
    default:
      return value
  }
}

function objectToJson(value: object): unknown {
  if (value instanceof Date) return Number.isNaN(value.getTime()) ? null : value.toISOString()
  if (ArrayBuffer.isView(value)) {
    return Buffer.from(value.buffer, value.byteOffset, value.byteLength).toString('base64')
  }
  if (Array.isArray(value)) return value.map(toJsonValue)
  if (value instanceof Set) return [...value].map(toJsonValue)
  if (value instanceof Map) return mapToJson(value)
  if (typeof (value as { toJSON?: unknown }).toJSON === 'function') return jsonOfJsonable(value as Jsonable)
  return entriesToJson(Object.entries(value))
}

interface Jsonable {
  toJSON(): unknown
}

function jsonOfJsonable(value: Jsonable): unknown {
  try {
    return JSON.parse(JSON.stringify(value)) as unknown
  } catch {
    return null
  }
}

function mapToJson(map: ReadonlyMap<unknown, unknown>): unknown {
  const entries = [...map]
  const hasStringKeys = entries.every((entry): entry is [string, unknown] => typeof entry[0] === 'string')
  return hasStringKeys
    ? entriesToJson(entries as [string, unknown][])
    : entries.map(([key, value]) => [toJsonValue(key), toJsonValue(value)])
}

function entriesToJson(entries: readonly [string, unknown][]): Record<string, unknown> {
  return Object.fromEntries(entries.map(([key, value]) => [key, toJsonValue(value)]))
}
