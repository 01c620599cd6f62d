import { DispatchError } from '../statuses/dispatch-error.js'

/** An HTTP request that a function is asked to make. */
export interface HttpRequest {
  readonly method?: string
  readonly url?: string
  readonly header?: Readonly<Record<string, string | readonly string[]>>
  readonly body?: Uint8Array
}

/** An HTTP response, read completely. */
export interface HttpResponse {
  readonly status?: number
  readonly header?: Readonly<Record<string, string | readonly string[]>>
  readonly body?: Uint8Array
}

/** How a request crosses languages: the JSON shape of the original's `dispatchhttp.Request`. */
export interface HttpRequestValue {
  readonly method?: string
  readonly url?: string
  /** Names in canonical form, such as `X-Foo`. */
  readonly header?: Readonly<Record<string, readonly string[]>>
  /** Standard base64. */
  readonly body?: string
}

/** How a response crosses languages: the JSON shape of the original's `dispatchhttp.Response`. */
export interface HttpResponseValue {
  readonly status_code?: number
  readonly header?: Readonly<Record<string, readonly string[]>>
  readonly body?: string
}

/** The request in the shape that Go's and Python's HTTP functions take; empty parts are left out. */
export function httpRequestValue(request: HttpRequest): HttpRequestValue {
  const { method, url, header, body } = request
  return { ...(method && { method }), ...(url && { url }), ...headerAndBody(header, body) }
}

/**
 * The response in the shape that other languages return; empty parts are left out. A function that returns it
 * ends with the status of the response's status code, see {@link isHttpResponseValue}.
 */
export function httpResponseValue(response: HttpResponse): HttpResponseValue {
  const { status, header, body } = response
  const value = { ...(status && { status_code: status }), ...headerAndBody(header, body) }
  return Object.defineProperty(value, RESPONSE_BRAND, { value: true })
}

const RESPONSE_BRAND = Symbol.for('dispatch.http_response')

/** Whether {@link httpResponseValue} made it, of any copy of this package: data that only looks alike does not count. */
export function isHttpResponseValue(value: unknown): value is HttpResponseValue {
  return (
    typeof value === 'object' && value !== null && (value as Record<symbol, unknown>)[RESPONSE_BRAND] === true
  )
}

/** The request in a decoded value. @throws {DispatchError} `invalid_argument`, naming the field of a wrong type. */
export function parseHttpRequestValue(value: unknown): Required<HttpRequest> {
  const { method = '', url = '', header, body } = recordOf(value, 'request')
  return {
    method: wantString(method, 'request.method'),
    url: wantString(url, 'request.url'),
    header: parseHeader(header, 'request.header'),
    body: parseBody(body, 'request.body'),
  }
}

/** The response in a decoded value. @throws {DispatchError} `invalid_argument`, naming the field of a wrong type. */
export function parseHttpResponseValue(value: unknown): Required<HttpResponse> {
  const { status_code: status = 0, header, body } = recordOf(value, 'response')
  if (typeof status !== 'number') throw wrong('response.status_code', 'a number', status)
  return { status, header: parseHeader(header, 'response.header'), body: parseBody(body, 'response.body') }
}

function headerAndBody(
  header: HttpRequest['header'] = {},
  body?: Uint8Array,
): Pick<HttpRequestValue, 'header' | 'body'> {
  const fields = new Map<string, string[]>()
  for (const [name, values] of Object.entries(header)) {
    const canonical = canonicalName(name)
    fields.set(canonical, (fields.get(canonical) ?? []).concat(values))
  }
  return {
    ...(fields.size > 0 && { header: Object.fromEntries(fields) }),
    ...(body !== undefined && body.length > 0 && { body: base64(body) }),
  }
}

/** `x-foo` as `X-Foo`, which is how Go writes header names. */
function canonicalName(name: string): string {
  return name.toLowerCase().replace(/(^|-)[a-z]/g, (start) => start.toUpperCase())
}

function base64(bytes: Uint8Array): string {
  return Buffer.from(bytes.buffer, bytes.byteOffset, bytes.byteLength).toString('base64')
}

function recordOf(value: unknown, name: string): Record<string, unknown> {
  if (typeof value === 'object' && value !== null && !Array.isArray(value))
    return value as Record<string, unknown>
  throw wrong(name, 'an object', value)
}

function parseHeader(value: unknown, name: string): Record<string, readonly string[]> {
  if (value === undefined || value === null) return {}
  const fields = Object.entries(recordOf(value, name)).map(([key, values]): [string, readonly string[]] => {
    const isList = Array.isArray(values) && values.every((item) => typeof item === 'string')
    if (!isList) throw wrong(`${name}[${JSON.stringify(key)}]`, 'an array of strings', values)
    return [key, values]
  })
  return Object.fromEntries(fields)
}

function parseBody(value: unknown, name: string): Uint8Array {
  if (value === undefined || value === null) return new Uint8Array(0)
  const text = wantString(value, name)
  const bytes = Buffer.from(text, 'base64')
  if (bytes.toString('base64') !== text) throw wrong(name, 'standard base64', text)
  return new Uint8Array(bytes)
}

function wantString(value: unknown, name: string): string {
  if (typeof value === 'string') return value
  throw wrong(name, 'a string', value)
}

/** Values are user data and stay out of messages, which only name their type. */
function wrong(name: string, expected: string, got: unknown): DispatchError {
  const type = got === null ? 'null' : Array.isArray(got) ? 'an array' : `a ${typeof got}`
  return new DispatchError('invalid_argument', `${name}: expected ${expected}, got ${type}`)
}
