import { Deferred, RunAborter } from '@dispatch/protocol'
import t from 'tap'

type Settling = (deferred: Deferred<string>, signal: RunAborter) => void

const reject: Settling = (_, signal) => signal.abort('gone')
const settlings: { name: string; settle: readonly Settling[]; want: unknown; isAborted?: boolean }[] = [
  { name: 'a result', settle: [(it) => it.resolve('a'), (it) => it.resolve('b')], want: 'a' },
  { name: 'the result of a promise', settle: [(it) => it.resolve(Promise.resolve('a')), reject], want: 'a' },
  {
    name: 'an error',
    settle: [(it) => it.reject('broken'), (it) => it.resolve('a')],
    want: { error: 'broken' },
  },
  { name: 'an abort', settle: [reject, (it) => it.resolve('a')], want: { error: 'gone' }, isAborted: true },
  { name: 'a result before an abort', settle: [(it) => it.resolve('a'), reject], want: 'a' },
]
for (const { name, settle, want, isAborted = false } of settlings) {
  t.test(`it settles once: ${name}`, async (t) => {
    const signal = new RunAborter()
    const deferred = new Deferred<string>(signal, (it, reason) => it.reject(reason))
    const events: string[] = []
    deferred.onSettle = () => events.push('settled')
    deferred.onAbort = (reason) => events.push(`aborted: ${reason}`)
    t.equal(deferred.isSettled, false)
    for (const step of settle) step(deferred, signal)
    t.equal(deferred.isSettled, true)
    t.strictSame(await deferred.promise.catch((error) => ({ error })), want)
    t.strictSame(events, isAborted ? ['settled', 'aborted: gone'] : ['settled'])
  })
}

t.test('one whose signal has aborted before is settled from the start', async (t) => {
  const signal = new RunAborter()
  signal.abort('gone')
  const deferred = new Deferred<string, RunAborter>(signal, (it, reason) => it.resolve(`no: ${reason}`))
  t.equal(deferred.isSettled, true)
  t.equal(await deferred.promise, 'no: gone')
})
