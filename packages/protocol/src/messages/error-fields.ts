/** Bytes of the fields of one error, in JSON. */
const FIELDS_LENGTH_MAX = 8_192

/** Fields that errors have by themselves, or that this package sets on errors of other processes. */
const OWN_NAMES = new Set([
  'name',
  'message',
  'stack',
  'cause',
  'errors',
  'status',
  'retryAfterMs',
  'output',
  'dispatchId',
  'remoteStack',
  '__proto__',
])

/**
 * Fields in which HTTP clients keep the whole request, credentials included. Results are stored, so these are left out,
 * at any depth.
 */
const SECRET_NAMES = new Set(['config', 'request', 'response', 'headers', 'options', 'opts'])

/**
 * The fields of an error object, beside those that every error has, as a JSON object: what JSON can carry, in their
 * order, as long as they fit. Empty when there are none. Never throws: fields are user code.
 */
export function encodeErrorFields(error: object): string {
  const parts: string[] = []
  let length = 2
  for (const name of attempt(() => Object.keys(error)) ?? []) {
    if (OWN_NAMES.has(name) || SECRET_NAMES.has(name)) continue
    const value = attempt(() => JSON.stringify((error as Record<string, unknown>)[name], withoutSecrets))
    if (value === undefined) continue
    const part = `${JSON.stringify(name)}:${value}`
    if (length + part.length + 1 > FIELDS_LENGTH_MAX) continue
    length += part.length + 1
    parts.push(part)
  }
  return parts.length === 0 ? '' : `{${parts.join(',')}}`
}

function withoutSecrets(name: string, value: unknown): unknown {
  return SECRET_NAMES.has(name) ? undefined : value
}

/** Sets the fields of another process' error on `error`. Fields that are not a JSON object are ignored. */
export function assignErrorFields(error: Error, fields: string): void {
  if (fields === '') return
  const parsed: unknown = attempt(() => JSON.parse(fields))
  if (typeof parsed !== 'object' || parsed === null || Array.isArray(parsed)) return
  for (const [name, value] of Object.entries(parsed)) {
    if (OWN_NAMES.has(name)) continue
    Object.defineProperty(error, name, { value, configurable: true, enumerable: true, writable: true })
  }
}

function attempt<T>(read: () => T): T | undefined {
  try {
    return read()
  } catch {
    return undefined
  }
}
