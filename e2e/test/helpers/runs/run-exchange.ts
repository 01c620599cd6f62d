import type { KeyObject } from 'node:crypto'
import { RUN_PATH } from '@dispatch/core/adapter'
import { statusOfCode } from '@dispatch/protocol'
import {
  create,
  fromBinary,
  RunRequestSchema,
  RunResponseSchema,
  toBinary,
} from '@dispatch/protocol/messages'
import { formatVerificationKey, generateKeyPair, signRequest } from '@dispatch/protocol/signature'
import { decodeValue, encodeValue } from '@dispatch/protocol/values'
import type { Answer, Exchange } from '../http/http-exchange.js'

/** The keys of a stand-alone scheduler. */
export const KEYS = generateKeyPair()
export const VERIFICATION_KEY = formatVerificationKey(KEYS.publicKey)

/** A run of `fn` with `input`, in binary. */
export function runBytes(fn: string, input: unknown): Buffer {
  const value = encodeValue(input)
  if (value === undefined) throw new TypeError('input: expected a value, got undefined')
  const message = create(RunRequestSchema, {
    dispatchId: '1',
    rootDispatchId: '1',
    function: fn,
    directive: { case: 'input', value },
  })
  return Buffer.from(toBinary(RunRequestSchema, message))
}

/** Options of a request for a run. */
export interface RunOptions {
  readonly body: Uint8Array
  /** The path that is signed; default: that of the request. */
  readonly signedPath?: string
  readonly authority: string
  readonly path?: string
  readonly contentType?: string
  readonly headers?: Readonly<Record<string, string>>
  readonly privateKey?: KeyObject
}

/** A signed request for a run. */
export function signedRun(options: RunOptions): Exchange {
  const { body, authority, path = RUN_PATH, contentType = 'application/proto' } = options
  const signable = { method: 'POST', path: options.signedPath ?? path, authority, contentType, body }
  const signature = signRequest(
    signable,
    options.privateKey ?? KEYS.privateKey,
    Math.floor(Date.now() / 1000),
  )
  return {
    method: 'POST',
    path,
    headers: { host: authority, 'content-type': contentType, ...signature, ...options.headers },
    body,
  }
}

/** The result of a run. */
export function outputOf(answer: Answer): { status: string; output: unknown } {
  const message = fromBinary(RunResponseSchema, answer.body)
  const result = message.directive.case === 'exit' ? message.directive.value.result : undefined
  return { status: statusOfCode(message.status), output: decodeValue(result?.output) }
}
