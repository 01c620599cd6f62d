import { headerOf, type UnaryHeaders } from '../connect/unary.js'
import type { SignedTarget } from './base.js'

/** A target for which a request may have been signed, when it differs from the one that this process sees. */
export interface LikelyTarget {
  readonly component: '@authority' | '@path'
  readonly value: string
  readonly target: SignedTarget
}

/**
 * The targets for which a request may have been signed, according to the header fields of proxies. Any client can set
 * these, so they are used to explain a refusal and never to accept a request.
 */
export function likelyTargets(seen: SignedTarget, headers: UnaryHeaders): LikelyTarget[] {
  const authority = AUTHORITY_HEADERS.map((name) => firstOf(headers, name)).find(
    (value) => value !== undefined && value.toLowerCase() !== seen.authority.toLowerCase(),
  )
  const prefix = firstOf(headers, 'x-forwarded-prefix')
  const path =
    PATH_HEADERS.map((name) => firstOf(headers, name)).find((value) => value !== undefined) ??
    (prefix === undefined ? undefined : joined(prefix, seen.path))
  const targets: LikelyTarget[] = []
  if (authority !== undefined) {
    targets.push({ component: '@authority', value: authority, target: { ...seen, authority } })
  }
  if (path !== undefined) targets.push({ component: '@path', value: path, target: { ...seen, path } })
  if (authority !== undefined && path !== undefined) {
    targets.push({ component: '@path', value: path, target: { ...seen, authority, path } })
  }
  return targets
}

const AUTHORITY_HEADERS = ['x-forwarded-host', 'x-original-host', 'host']
const PATH_HEADERS = ['x-original-uri', 'x-original-url', 'x-forwarded-uri']

/** Without a regular expression: `/\/+$/` takes quadratic time on a hostile prefix. */
function joined(prefix: string, path: string): string {
  let end = prefix.length
  while (prefix[end - 1] === '/') end--
  return prefix.slice(0, end) + path
}

/** The value that the first of several proxies wrote. */
function firstOf(headers: UnaryHeaders, name: string): string | undefined {
  return headerOf(headers, name)?.split(',', 1)[0]?.trim() || undefined
}
