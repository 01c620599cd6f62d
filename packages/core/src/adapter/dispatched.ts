import { DispatchError } from '@dispatch/protocol'
import { type Any, type CallInfo, CallState } from '@dispatch/protocol/messages'
import { parseDuration } from '@dispatch/protocol/text'
import { decodeValue } from '@dispatch/protocol/values'
import { type CallHandle, callInfoOf, callStatusOf } from '../calls/call-handle.js'
import { outcomeOf } from '../calls/call-outcome.js'
import { toJsonValue } from './json-output.js'

/** Where adapters serve what became of calls, unless they are told otherwise. */
export const CALLS_PATH_DEFAULT = '/dispatch/calls'

/** Longest wait that a request may ask for: servers and proxies cut off longer ones. Milliseconds. */
const WAIT_MS_MAX = 60_000

/** An answer to a request of a user's client, for adapters to write. */
export interface Reply {
  readonly status: number
  /** Names in lower case. */
  readonly headers: Readonly<Record<string, string>>
  /** JSON. */
  readonly body: Uint8Array
}

/** What of a request decides how it is answered. */
export interface ReplyOptions {
  /** The request's URL, for `?wait=3s` in its query. */
  readonly url: string
  /** The request's `Prefer` header field, for `wait=3` in it (RFC 7240 section 4.3). */
  readonly prefer?: string | undefined
  /** Where {@link callReply} is served; `false`: nowhere, so that answers have no `location`. */
  readonly callsPath?: string | false | undefined
  /** Ends the waiting when it aborts; the answer is then as if the time was up. */
  readonly signal?: AbortSignal | undefined
}

/** The part of a `Dispatch` that knows calls. */
export interface DispatchWithCalls {
  call(id: string): CallHandle<unknown>
}

/**
 * The answer to a request that dispatched a call: 202 with `{ id, status: 'pending' }` and the `location` of the call.
 * When the request asks to wait, and the call is done within that time: 200 with `{ id, status: 'ok', output }`, or,
 * when it failed, `{ id, status, error }`. An output that has no JSON is `{ type, base64 }`.
 */
export async function dispatchedReply(handle: CallHandle<unknown>, options: ReplyOptions): Promise<Reply> {
  if (typeof handle?.id !== 'string') {
    throw new TypeError('dispatched(handle): wanted the handle that dispatch() resolves with')
  }
  const { callsPath = CALLS_PATH_DEFAULT } = options
  const headers = callsPath === false ? {} : { location: `${callsPath}/${encodeURIComponent(handle.id)}` }
  // The call is recorded: that it cannot be waited for must not make the client send it again.
  const info = await waitedFor(handle, options).catch(() => undefined)
  if (info?.state === CallState.DONE) return jsonReply(200, doneBodyOf(info), headers)
  return jsonReply(202, { id: handle.id, status: 'pending' }, headers)
}

/**
 * The answer to a request for what became of a call: 200 when it is done, as {@link dispatchedReply}; 202 with its
 * state as `status` when it is not; 404 when there is no such call. Waits as long as the request asks for.
 */
export async function callReply(
  dispatch: DispatchWithCalls,
  id: string,
  options: ReplyOptions,
): Promise<Reply> {
  if (id === '') return jsonReply(404, { code: 'not_found', message: 'wanted the dispatch id of a call' })
  try {
    const handle = dispatch.call(id)
    const info = (await waitedFor(handle, options)) ?? (await callInfoOf(handle, 0))
    if (info.state === CallState.DONE) return jsonReply(200, doneBodyOf(info))
    const { state, attempt } = callStatusOf(info)
    return jsonReply(202, { id, status: state, attempt })
  } catch (error) {
    if (!(error instanceof DispatchError) || error.status !== 'not_found') throw error
    return jsonReply(404, { code: 'not_found', message: error.message })
  }
}

/** The call after the wait that is asked for; `undefined` when none is, or the signal aborts. */
async function waitedFor(handle: CallHandle<unknown>, options: ReplyOptions): Promise<CallInfo | undefined> {
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
  const { output, error } = outcomeOf(info, shownOutputOf)
  if (error === undefined) return { id: info.dispatchId, status: 'ok', output: output ?? null }
  return {
    id: info.dispatchId,
    status: error.status,
    error: { type: error.name, message: error.message },
    ...(output === undefined ? {} : { output }),
  }
}

/** An output as JSON. One of a type that only the function and its callers know is shown as its bytes. */
function shownOutputOf(output: Any | undefined): unknown {
  try {
    return toJsonValue(decodeValue(output))
  } catch {
    return { type: output?.typeUrl, base64: Buffer.from(output?.value ?? []).toString('base64') }
  }
}

/** How long the request asks to wait, in milliseconds; 0 when it does not, or not in a form that we know. */
function waitMsOf({ url, prefer }: ReplyOptions): number {
  const query = new URLSearchParams(url.includes('?') ? url.slice(url.indexOf('?') + 1) : '')
  const preferred = /(?:^|[,;\s])wait\s*=\s*"?(\d{1,9})"?\s*(?:[,;]|$)/i.exec(prefer ?? '')?.[1]
  const text = query.get('wait') ?? preferred
  if (text === undefined) return 0
  try {
    // A number alone is seconds, as in the header field.
    return Math.min(parseDuration(/^\d+$/.test(text) ? `${text}s` : text, 'wait'), WAIT_MS_MAX)
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
