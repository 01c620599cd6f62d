import { DispatchError } from '@dispatch/protocol'
import { type Any, type CallInfo, CallState } from '@dispatch/protocol/messages'
import { describeValue, parseDuration } from '@dispatch/protocol/text'
import { decodeValue } from '@dispatch/protocol/values'
import { type CallHandle, callInfoOf, callStatusOf } from '../calls/call-handle.js'
import { outcomeOf } from '../calls/call-outcome.js'
import { toJsonValue } from './json-output.js'

/** Where adapters serve call results by default. */
export const CALLS_PATH_DEFAULT = '/dispatch/calls'

/** Longest wait of a request: servers and proxies close longer ones. Milliseconds. */
const REPLY_WAIT_MS_MAX = 60_000

/** An answer to a request of a client of the application, for adapters to write. */
export interface Reply {
  readonly status: number
  /** Names in lower case. */
  readonly headers: Readonly<Record<string, string>>
  /** JSON. */
  readonly body: Uint8Array
}

/** The parts of a request on which its answer depends. */
export interface ReplyOptions {
  /** The request's URL, for `?wait=3s` in its query. */
  readonly url: string
  /** The request's `Prefer` header field, for `wait=3` in it (RFC 7240 section 4.3). */
  readonly prefer?: string | undefined
  /** Where {@link callReply} is served. `false`: nowhere, and answers have no `location`. */
  readonly callsPath?: string | false | undefined
  /** Ends the wait when it aborts, as if the time was up. */
  readonly signal?: AbortSignal | undefined
}

/** The part of a `Dispatch` that looks up calls. */
export interface DispatchWithCalls {
  call(id: string): CallHandle<unknown>
}

/**
 * The answer to a request that dispatched a call: 202 with `{ id, state: 'pending' }` and the `location` of the call. When
 * the request asks to wait and the call is done within that time: 200 with `{ id, state: 'done', status: 'ok', output }`, or,
 * when it failed, `{ id, state: 'done', status, error }`. An output that cannot be shown as JSON is `{ type, base64 }`.
 */
export async function dispatchedReply(handle: CallHandle<unknown>, options: ReplyOptions): Promise<Reply> {
  if (typeof handle?.id !== 'string') {
    throw new TypeError(
      `dispatched(handle): expected the handle that dispatch() resolves with, got ${describeValue(handle)}`,
    )
  }
  const { callsPath = CALLS_PATH_DEFAULT } = options
  const headers = callsPath === false ? {} : { location: `${callsPath}/${encodeURIComponent(handle.id)}` }
  // The call is recorded, so a failed wait must not make the client send it again.
  const info = await waitForCall(handle, options).catch(() => undefined)
  if (info?.state === CallState.DONE) return jsonReply(200, doneBodyOf(info), headers)
  return jsonReply(202, { id: handle.id, state: 'pending' }, headers)
}

/**
 * The answer to a request for a call: 200 when it is done, as in {@link dispatchedReply}; 202 with `{ id, state, attempt }`
 * when it is not, 404 when there is no such call. Waits if the request asks to.
 */
export async function callReply(
  dispatch: DispatchWithCalls,
  id: string,
  options: ReplyOptions,
): Promise<Reply> {
  if (id === '')
    return jsonReply(404, { code: 'not_found', message: 'expected the dispatch id of a call, got nothing' })
  try {
    const handle = dispatch.call(id)
    const info = (await waitForCall(handle, options)) ?? (await callInfoOf(handle, 0))
    if (info.state === CallState.DONE) return jsonReply(200, doneBodyOf(info))
    const { state, attempt } = callStatusOf(info)
    return jsonReply(202, { id, state, attempt })
  } catch (error) {
    if (!(error instanceof DispatchError) || error.status !== 'not_found') throw error
    return jsonReply(404, { code: 'not_found', message: error.message })
  }
}

/** The call after the wait that the request asks for; `undefined` when it asks for none, or the signal aborts. */
async function waitForCall(
  handle: CallHandle<unknown>,
  options: ReplyOptions,
): Promise<CallInfo | undefined> {
  const waitMs = waitMsOf(options)
  if (waitMs === 0) return undefined
  try {
    return await callInfoOf(handle, waitMs, options.signal)
  } catch (error) {
    if (options.signal?.aborted) return undefined
    throw error
  }
}

function doneBodyOf(info: CallInfo): object {
  const { output, error } = outcomeOf(info, jsonOutputOf)
  if (error === undefined) return { id: info.dispatchId, state: 'done', status: 'ok', output: output ?? null }
  return {
    id: info.dispatchId,
    state: 'done',
    status: error.status,
    error: { type: error.name, message: error.message },
    ...(output === undefined ? {} : { output }),
  }
}

/** An output as JSON; as its bytes if this process cannot decode its type. */
function jsonOutputOf(output: Any | undefined): unknown {
  try {
    return toJsonValue(decodeValue(output))
  } catch {
    return { type: output?.typeUrl, base64: Buffer.from(output?.value ?? []).toString('base64') }
  }
}

/** How long the request asks to wait, in milliseconds; 0 when it does not, or in an unknown form. */
function waitMsOf({ url, prefer }: ReplyOptions): number {
  const query = new URLSearchParams(url.includes('?') ? url.slice(url.indexOf('?') + 1) : '')
  const preferred = /(?:^|[,;\s])wait\s*=\s*"?(\d{1,9})"?\s*(?:[,;]|$)/i.exec(prefer ?? '')?.[1]
  const text = query.get('wait') ?? preferred
  if (text === undefined) return 0
  try {
    // A bare number is in seconds, as in the header field.
    return Math.min(parseDuration(/^\d+$/.test(text) ? `${text}s` : text, 'wait'), REPLY_WAIT_MS_MAX)
  } catch {
    return 0
  }
}

function jsonReply(status: number, body: object, headers: Readonly<Record<string, string>> = {}): Reply {
  const bytes = Buffer.from(JSON.stringify(body))
  return {
    status,
    headers: {
      ...headers,
      'content-type': 'application/json; charset=utf-8',
      'content-length': String(bytes.byteLength),
      'cache-control': 'no-store',
    },
    body: bytes,
  }
}
