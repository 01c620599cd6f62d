import { RunAborter } from '@dispatch/protocol'
import t from 'tap'

t.test('tells those who listen, once, and gives the first reason', async (t) => {
  const run = new RunAborter()
  const heard: string[] = []
  const removed = (): void => {
    heard.push('removed')
  }
  run.addEventListener('abort', () => heard.push(`one ${run.aborted} ${run.reason}`))
  run.addEventListener('abort', removed)
  run.addEventListener('abort', () => heard.push('two'))
  run.removeEventListener('abort', removed)
  run.removeEventListener('abort', removed)
  t.equal(run.aborted, false)
  run.abort('expired')
  run.abort('again')
  run.addEventListener('abort', () => heard.push('too late'))
  t.strictSame(heard, ['one true expired', 'two'])
  t.equal(run.reason, 'expired')
})
