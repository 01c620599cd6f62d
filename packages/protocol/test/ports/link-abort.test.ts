import { linkAbort, RunAborter } from '@dispatch/protocol'
import t from 'tap'

const signals = [
  { name: 'a RunAborter', create: () => new RunAborter() },
  {
    name: 'an AbortController',
    create: () => {
      const controller = new AbortController()
      return Object.assign(controller.signal, { abort: (reason: unknown) => controller.abort(reason) })
    },
  },
]
for (const { name, create } of signals) {
  t.test(`${name}: an abort calls with its reason, once`, async (t) => {
    const signal = create()
    const reasons: unknown[] = []
    linkAbort(signal, (reason) => reasons.push(reason))
    t.strictSame(reasons, [])
    signal.abort('first')
    signal.abort('second')
    t.strictSame(reasons, ['first'])
  })

  t.test(`${name}: an abort before the link calls synchronously`, async (t) => {
    const signal = create()
    signal.abort('early')
    const reasons: unknown[] = []
    const unlink = linkAbort(signal, (reason) => reasons.push(reason))
    t.strictSame(reasons, ['early'])
    t.doesNotThrow(unlink)
  })

  t.test(`${name}: an abort after the end of the link does not call`, async (t) => {
    const signal = create()
    const reasons: unknown[] = []
    linkAbort(signal, (reason) => reasons.push(reason))()
    signal.abort('late')
    t.strictSame(reasons, [])
  })
}

t.test('without a signal nothing is called', async (t) => {
  t.doesNotThrow(linkAbort(undefined, () => t.fail('called')))
})
