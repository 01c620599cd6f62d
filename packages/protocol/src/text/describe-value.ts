/** Longer strings are truncated: a message names the value but does not contain all of it. */
const TEXT_LENGTH_MAX = 40

/** A few words for a value in a message: `5`, `"abc"`, `an array of 3`, `an object`. Never throws. */
export function describeValue(value: unknown): string {
  if (value === null) return 'null'
  if (Array.isArray(value)) return `an array of ${value.length}`
  switch (typeof value) {
    case 'string':
      return JSON.stringify(value.length > TEXT_LENGTH_MAX ? `${value.slice(0, TEXT_LENGTH_MAX)}…` : value)
    case 'bigint':
      return `${value}n`
    case 'function':
      return 'a function'
    case 'symbol':
      return 'a symbol'
    case 'object':
      return describeObject(value)
    default:
      return String(value)
  }
}

function describeObject(value: object): string {
  const prototype: object | null = Object.getPrototypeOf(value)
  if (prototype === null || prototype === Object.prototype) return 'an object'
  const name: unknown = prototype.constructor?.name
  return typeof name === 'string' && name !== '' ? `a value of class ${name}` : 'an object'
}

/** One step of a path into a value, as JavaScript writes it: `.order`, `[0]`, `["a b"]`. */
export function formatPathKey(key: PropertyKey): string {
  const text = String(key)
  if (/^\d+$/.test(text)) return `[${text}]`
  return /^[\p{L}_$][\p{L}\p{N}_$]*$/u.test(text) ? `.${text}` : `[${JSON.stringify(text)}]`
}
