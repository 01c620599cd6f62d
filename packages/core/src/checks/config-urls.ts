import { describeValue } from '@dispatch/protocol/text'

/** A setting and its source: `option apiUrl` or `DISPATCH_API_URL`. */
export interface Setting {
  readonly value: string
  readonly source: string
}

/**
 * The base URL of a scheduler, without a final slash.
 *
 * @throws {TypeError} Naming the source, when it is not an http or https URL.
 */
export function parseApiUrl({ value, source }: Setting): string {
  const url = parseUrl(value)
  if (url === undefined || (url.protocol !== 'http:' && url.protocol !== 'https:')) {
    throw new TypeError(
      `${source}: expected the http:// or https:// URL of a scheduler, such as https://dispatch.example.com, got ${describeValue(value)}`,
    )
  }
  return value.replace(/\/+$/, '')
}

const ENDPOINT_SCHEMES: ReadonlySet<string> = new Set(['http:', 'https:', 'bridge:'])

/**
 * The URL under which schedulers reach an endpoint, without a final slash.
 *
 * @throws {TypeError} Naming the source, when its scheme is not one of the protocol.
 */
export function parseEndpointUrl({ value, source }: Setting): string {
  if (value.startsWith('arn:aws:lambda')) return value
  const url = parseUrl(value)
  if (url === undefined || !ENDPOINT_SCHEMES.has(url.protocol) || url.host === '') {
    throw new TypeError(
      `${source}: expected the http://, https:// or bridge:// URL under which the scheduler reaches the application, such as https://app.example.com, got ${describeValue(value)}`,
    )
  }
  return value.replace(/\/+$/, '')
}

/** Where to listen. */
export interface Address {
  readonly host: string
  readonly port: number
}

/**
 * An address such as `localhost:8000`, `[::1]:8000`, `:8000` or `8000`.
 *
 * @throws {TypeError} Naming the source, when it is malformed.
 */
export function parseAddress({ value, source }: Setting): Address {
  const match = /^(?:(?:\[([0-9a-fA-F:.]+)\]|([^:[\]\s]*)):)?(\d{1,5})$/.exec(value)
  const port = Number(match?.[3] ?? Number.NaN)
  if (match === null || port > 65_535) {
    throw new TypeError(`${source}: expected an address such as localhost:8000, got ${describeValue(value)}`)
  }
  return { host: match[1] || match[2] || 'localhost', port }
}

function parseUrl(text: string): URL | undefined {
  return URL.canParse(text) ? new URL(text) : undefined
}
