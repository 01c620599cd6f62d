import { type AnyDispatchFunction, Dispatch, type DispatchOptions } from '@dispatch/core'
import type { EndpointRequest } from '@dispatch/core/adapter'
import { type Status, statusOfCode } from '@dispatch/protocol'
import type { UnaryResponse } from '@dispatch/protocol/connect'
import {
  type Any,
  create,
  fromBinary,
  type MessageInit,
  RUN_PATH,
  type RunRequest,
  RunRequestSchema,
  type RunResponse,
  RunResponseSchema,
  toBinary,
  type WireError,
} from '@dispatch/protocol/messages'
import { decodeValue, encodeValue } from '@dispatch/protocol/values'
import { createSchedulerDouble } from './scheduler-double.js'

/** A RunRequest in binary, with the fields of `init`. */
export function runRequestBytes(init: MessageInit<RunRequest>): Uint8Array {
  return toBinary(
    RunRequestSchema,
    create(RunRequestSchema, { dispatchId: '1', rootDispatchId: '1', ...init }),
  )
}

/** The directive of a first run. */
export function inputOf(value: unknown): { case: 'input'; value: Any } {
  return { case: 'input', value: encodeValue(value) as Any }
}

/** Posts a run to the universal handler. */
export function postRun(
  dispatch: Dispatch,
  body: Uint8Array,
  headers: Record<string, string> = { 'content-type': 'application/proto' },
): Promise<UnaryResponse> {
  return handleUnary(dispatch, {
    method: 'POST',
    path: RUN_PATH,
    headers: { host: 'localhost', 'content-length': String(body.byteLength), ...headers },
    body,
  })
}

/** The answer of a `Dispatch` to a request that is not for a stream. */
export async function handleUnary(
  dispatch: Dispatch,
  request: EndpointRequest,
  signal?: AbortSignal,
): Promise<UnaryResponse> {
  return (await dispatch.handle(request, signal)) as UnaryResponse
}

/** The result of a run. */
export interface RunOutput {
  readonly status: Status
  readonly output: unknown
  readonly error: WireError | undefined
}

export function runResponseOf(response: UnaryResponse): RunResponse {
  return fromBinary(RunResponseSchema, response.body)
}

export function runOutputOf(response: UnaryResponse): RunOutput {
  const message = runResponseOf(response)
  const result = message.directive.case === 'exit' ? message.directive.value.result : undefined
  return {
    status: statusOfCode(message.status),
    output: result?.output === undefined ? undefined : decodeValue(result.output),
    error: result?.error,
  }
}

export function jsonOf(response: { readonly body: Uint8Array }): unknown {
  return JSON.parse(Buffer.from(response.body).toString())
}

/** Runs one function with an input from another process. */
export async function runWith(
  fn: AnyDispatchFunction,
  directive: RunRequest['directive'],
  options: DispatchOptions = {},
): Promise<RunOutput> {
  const dispatch = new Dispatch({
    functions: [fn],
    scheduler: createSchedulerDouble(),
    allowUnsigned: true,
    env: {},
    ...options,
  })
  return runOutputOf(await postRun(dispatch, runRequestBytes({ function: fn.name, directive })))
}
