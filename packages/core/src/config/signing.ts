import { KeyObject } from 'node:crypto'
import { type KeyInput, parseVerificationKeys } from '@dispatch/protocol/signature'
import { describeValue } from '@dispatch/protocol/text'
import { checkBoolean, checkString } from '../checks/option-checks.js'
import type { DispatchOptions } from './dispatch-options.js'

/** Which requests for runs are accepted. */
export interface SigningConfig {
  /** Empty: no signature is accepted. */
  readonly verificationKeys: readonly KeyObject[]
  /** Requests need no signature. Never when there are keys. */
  readonly isUnsignedAccepted: boolean
  /** They need none by default, not by an option: worth a warning. */
  readonly isUnsignedByDefault: boolean
  /** Authorities that requests may be signed for. */
  readonly authorities: readonly string[]
  /**
   * Only for these. Otherwise also for the one of the Host header, which anyone who forwards a run meant for another
   * application can choose.
   */
  readonly isAuthorityFixed: boolean
}

/** @throws {TypeError} Naming the option or the variable, its value and the fix. */
export function resolveSigning(
  options: DispatchOptions,
  env: Readonly<Record<string, string | undefined>>,
  { isRemote, endpointUrl }: { readonly isRemote: boolean; readonly endpointUrl: string },
): SigningConfig {
  const verificationKeys = readVerificationKeys(options.verificationKey, env.DISPATCH_VERIFICATION_KEY)
  const isAllowed = checkBoolean(options.allowUnsigned, 'option allowUnsigned') ?? false
  const isUnsignedByDefault = isRemote && !isAllowed && verificationKeys.length === 0
  if (isUnsignedByDefault && env.NODE_ENV === 'production') {
    throw new TypeError(
      'no verification key: in production any client could run the functions of this process. Pass option ' +
        'verificationKey, or set DISPATCH_VERIFICATION_KEY, to the public key of the scheduler; option ' +
        'allowUnsigned: true accepts unsigned requests',
    )
  }
  return {
    verificationKeys,
    isUnsignedAccepted: verificationKeys.length === 0 && (isAllowed || isUnsignedByDefault),
    isUnsignedByDefault,
    authorities: readAuthorities(options.authority, endpointUrl),
    isAuthorityFixed: options.authority !== undefined || isHttpUrl(endpointUrl),
  }
}

function readVerificationKeys(option: unknown, variable: string | undefined): readonly KeyObject[] {
  if (option !== undefined)
    return parseVerificationKeys(listOf(option, 'option verificationKey'), 'option verificationKey')
  return variable ? parseVerificationKeys(variable, 'DISPATCH_VERIFICATION_KEY') : []
}

function readAuthorities(option: unknown, endpointUrl: string): readonly string[] {
  const listed = option === undefined ? [] : listOf(option, 'option authority')
  const checked = listed.map((one) => checkString(one, 'option authority') as string)
  const all = isHttpUrl(endpointUrl) ? [new URL(endpointUrl).host, ...checked] : checked
  if (option === undefined || all.length > 0) return all
  throw new TypeError('option authority: expected at least one authority, such as app.example.com, got none')
}

/** @throws {TypeError} When it is neither a string (or a key) nor an array. */
function listOf(value: unknown, place: string): readonly KeyInput[] {
  if (Array.isArray(value)) return value
  if (typeof value === 'string' || value instanceof KeyObject) return [value]
  throw new TypeError(`${place}: expected a string or an array of strings, got ${describeValue(value)}`)
}

function isHttpUrl(url: string): boolean {
  return /^https?:/.test(url)
}
