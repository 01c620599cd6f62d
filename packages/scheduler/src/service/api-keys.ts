import { createHash, timingSafeEqual } from 'node:crypto'

/** Keys of a single tenant, or the tenant of each key. */
export type ApiKeys = readonly string[] | Readonly<Record<string, string>>

/** The tenant of the key in an `Authorization` header field, or the reason for refusing it. */
export type Authentication = { readonly tenant: string } | { readonly problem: string }

/** The tenant of all keys of a list, and of clients that need no key. */
export const DEFAULT_TENANT = ''

/** Shorter ones can be guessed. */
const KEY_LENGTH_MIN = 8

/**
 * Creates the check of `Authorization: Bearer <key>`. It takes constant time, whether or not the key is known.
 *
 * @throws {TypeError} When there is no key, or a key cannot be sent or could be guessed. The message never contains it.
 */
export function createAuthenticator(apiKeys: ApiKeys): (header: string | undefined) => Authentication {
  const tenants = Array.isArray(apiKeys)
    ? apiKeys.map((key): [string, string] => [key, DEFAULT_TENANT])
    : Object.entries(apiKeys as Readonly<Record<string, string>>)
  if (tenants.length === 0) throw new TypeError('option apiKeys: expected at least one key, got none')
  const entries = tenants.map(([key, tenant], index) => {
    if (typeof key !== 'string' || key.length < KEY_LENGTH_MIN || !/^[\x21-\x7e]+$/.test(key)) {
      throw new TypeError(
        `option apiKeys: expected keys of at least ${KEY_LENGTH_MIN} visible ASCII characters; key ${index + 1} is not one`,
      )
    }
    return { digest: digestOf(key), tenant }
  })
  return (header) => {
    if (header === undefined) return { problem: 'missing API key: send it as "Authorization: Bearer <key>"' }
    const [, key] = /^bearer +(\S+) *$/i.exec(header) ?? []
    if (key === undefined) return { problem: 'malformed Authorization header: expected "Bearer <key>"' }
    const digest = digestOf(key)
    let found: { readonly tenant: string } | undefined
    for (const entry of entries) if (timingSafeEqual(entry.digest, digest)) found = entry
    return found === undefined ? { problem: 'unknown API key' } : { tenant: found.tenant }
  }
}

function digestOf(key: string): Buffer {
  return createHash('sha256').update(key).digest()
}
