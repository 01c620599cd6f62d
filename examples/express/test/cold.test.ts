import { Dispatch } from '@dispatch/core'
import t, { type Test } from 'tap'
import { createFunctions } from '../dist/functions.js'

/** What the functions give, and which mails they send under which keys. */
async function outcomeWith(t: Test, replayCheck: boolean): Promise<unknown> {
  const sent: string[] = []
  const mailer = {
    send: async (to: string, text: string, key: string) => {
      sent.push(`${to} ${text} ${key.split('/').slice(1).join('/')}`)
    },
  }
  const functions = createFunctions(mailer as never)
  const dispatch = new Dispatch({
    functions: Object.values(functions),
    store: ':memory:',
    env: {},
    replayCheck,
  })
  t.teardown(() => dispatch.close())
  await dispatch.start()
  const signUp = await dispatch.dispatch(functions.signUp, { name: 'Ada', email: 'a@example.com' })
  const newsletter = await dispatch.dispatch(functions.sendNewsletter, { to: ['a', 'b', 'c'], text: 'News' })
  const outputs = [await signUp.result({ timeout: '20s' }), await newsletter.result({ timeout: '20s' })]
  return { outputs, sent: sent.sort() }
}

t.test('every function does the same when it is rebuilt at each await', async (t) => {
  const warm = await outcomeWith(t, false)
  t.match(warm, { outputs: ['Ada is welcome', 'sent to 3'], sent: { length: 5 } })
  t.strictSame(await outcomeWith(t, true), warm)
})
