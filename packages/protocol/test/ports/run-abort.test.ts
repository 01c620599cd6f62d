import { RunAborter } from '@dispatch/protocol'
import t from 'tap'

t.test('an abort calls the listeners once and keeps its first reason', async (t) => {
  const run = new RunAborter()
  const calls: string[] = []
  const removed = (): void => {
    calls.push('removed')
  }
  run.addEventListener('abort', () => calls.push(`one ${run.aborted} ${run.reason}`))
  run.addEventListener('abort', removed)
  run.addEventListener('abort', () => calls.push('two'))
  run.removeEventListener('abort', removed)
  run.removeEventListener('abort', removed)
  t.equal(run.aborted, false)
  run.abort('expired')
  run.abort('again')
  run.addEventListener('abort', () => calls.push('too late'))
  t.strictSame(calls, ['one true expired', 'two'])
  t.equal(run.reason, 'expired')
})
