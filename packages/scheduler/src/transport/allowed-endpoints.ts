import { describeValue } from '@dispatch/protocol/text'

/** Whether a scheduler may call an endpoint. */
export type EndpointFilter = (url: URL) => boolean

/**
 * Parses the list of endpoints that a scheduler may call.
 *
 * An entry is `*`, which allows every endpoint, or a URL: scheme, host, port and, at the boundary of a segment, the
 * beginning of the path must be those of the endpoint. The host may begin with `*.`, which stands for one or more
 * labels, and the port may be `*`. `https://*.example.com/dispatch` allows `https://a.b.example.com/dispatch/x`.
 *
 * Parts of the parsed URL are compared, never its text. An endpoint with a user name, such as
 * `https://allowed.example@evil.example`, is never allowed.
 *
 * @throws {TypeError} When it is not a list, or naming the invalid entry.
 */
export function parseAllowedEndpoints(entries: readonly string[]): EndpointFilter {
  // Callers in plain JavaScript: `undefined` must not allow everything.
  if (!Array.isArray(entries)) {
    throw new TypeError(
      `option allowedEndpoints: expected a list such as ["*"], got ${describeValue(entries)}`,
    )
  }
  const patterns = entries.map((entry, index) => parseEntry(entry, `allowedEndpoints[${index}]`))
  return (url) => url.username === '' && url.password === '' && patterns.some((matches) => matches(url))
}

const ENTRY_PATTERN = /^(https?):\/\/(\*\.)?([^/?#@*:]+|\[[0-9a-fA-F:.]+\])(?::(\d{1,5}|\*))?(\/[^?#*]*)?$/

function parseEntry(entry: string, field: string): EndpointFilter {
  if (entry === '*') return () => true
  const [, scheme, wildcard, host, port, path] = ENTRY_PATTERN.exec(entry) ?? []
  const parsed = parsedUrl(
    `${scheme}://${host}${port === undefined || port === '*' ? '' : `:${port}`}${path ?? '/'}`,
  )
  if (scheme === undefined || parsed === undefined) {
    throw new TypeError(
      `${field}: expected "*" or a URL such as "https://example.com", "https://*.example.com/path" or "http://localhost:*", got ${JSON.stringify(entry)}`,
    )
  }
  const prefix = parsed.pathname.endsWith('/') ? parsed.pathname : `${parsed.pathname}/`
  return (url) =>
    url.protocol === parsed.protocol &&
    (port === '*' || url.port === parsed.port) &&
    (wildcard === undefined
      ? url.hostname === parsed.hostname
      : url.hostname.endsWith(`.${parsed.hostname}`)) &&
    `${url.pathname}/`.startsWith(prefix)
}

function parsedUrl(text: string): URL | undefined {
  return URL.canParse(text) ? new URL(text) : undefined
}
