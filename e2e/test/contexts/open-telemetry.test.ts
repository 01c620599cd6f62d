// With OpenTelemetry's own context manager, the spans of handlers belong to no request's trace.

import { type CallContext, Dispatch, func } from '@dispatch/core'
import { context, ROOT_CONTEXT, trace } from '@opentelemetry/api'
import { AsyncLocalStorageContextManager } from '@opentelemetry/context-async-hooks'
import t, { type Test } from 'tap'
import { EMBEDDED } from '../helpers/adapters/fixtures.js'

const REQUESTS = 200

context.setGlobalContextManager(new AsyncLocalStorageContextManager().enable())
t.teardown(() => context.disable())

/** The trace to which a span that is started now would belong. */
function currentTrace(): string {
  return trace.getSpanContext(context.active())?.traceId ?? 'none'
}

function traceId(n: number): string {
  return n.toString(16).padStart(32, '0')
}

/** Calls `body` as a request does that is part of a trace. */
function inTrace<T>(id: string, body: () => Promise<T>): Promise<T> {
  const spanContext = { traceId: id, spanId: '1'.repeat(16), traceFlags: 1 }
  return context.with(trace.setSpanContext(ROOT_CONTEXT, spanContext), body)
}

const child = func('child', async () => currentTrace())

const parent = func('parent', async (_: number, call: CallContext) => {
  const traces = [currentTrace()]
  traces.push(await child.await(), currentTrace())
  await call.sleep(1)
  traces.push(currentTrace())
  return traces
})

/** Continues the trace that its input names, as a handler can that is to belong to one. */
const traced = func('traced', async (input: { traceId: string }) =>
  inTrace(input.traceId, async () => {
    const traces = [currentTrace()]
    traces.push(await child.await(), currentTrace())
    await Promise.all([child.await(), new Promise((resolve) => setImmediate(resolve))])
    traces.push(currentTrace())
    return traces
  }),
)

async function started(t: Test): Promise<Dispatch> {
  const dispatch = new Dispatch({ ...EMBEDDED, functions: [child, parent, traced], store: ':memory:' })
  t.teardown(() => dispatch.close())
  await dispatch.start()
  return dispatch
}

t.test(`${REQUESTS} calls of requests in ${REQUESTS} traces: no handler is part of one`, async (t) => {
  await started(t)
  const ids = Array.from({ length: REQUESTS }, (_, n) => traceId(n + 1))
  const handles = await Promise.all(ids.map((id, n) => inTrace(id, () => parent.dispatch(n))))
  const outputs = await Promise.all(handles.map((handle) => handle.result({ timeout: '30s' })))
  t.strictSame([...new Set(outputs.flat())], ['none'])
})

t.test(
  'a trace that a handler enters stays current in it through suspensions, and in no other',
  async (t) => {
    await started(t)
    const ids = Array.from({ length: REQUESTS }, (_, n) => traceId(n + 1))
    const handles = await Promise.all(ids.map((id) => traced.dispatch({ traceId: id })))
    const outputs = await Promise.all(handles.map((handle) => handle.result({ timeout: '30s' })))
    t.strictSame(
      outputs,
      ids.map((id) => [id, 'none', id, id]),
    )
  },
)
