import { func } from '@dispatch/core'
import { Type } from '@sinclair/typebox'
import type { Mailer } from './mailer.js'

/** The durable functions of the application. */
export function createFunctions(mailer: Mailer) {
  const Email = Type.Object({ to: Type.String(), text: Type.String() })
  const sendEmail = func('sendEmail', { input: Email }, async ({ to, text }, call) => {
    await mailer.send(to, text, call.dispatchId)
  })

  const Signup = Type.Object({ name: Type.String(), email: Type.String() })
  const signUp = func('signUp', { input: Signup }, async ({ name, email }, call) => {
    await sendEmail.await({ to: email, text: `Welcome, ${name}!` })
    await call.sleep('100ms') // Days, in a real application.
    await sendEmail.await({ to: email, text: `How do you like it, ${name}?` })
    return `${name} is welcome`
  })

  const Newsletter = Type.Object({ to: Type.Array(Type.String()), text: Type.String() })
  const sendNewsletter = func('sendNewsletter', { input: Newsletter }, async ({ to, text }) => {
    await sendEmail.gather(to.map((recipient) => ({ to: recipient, text })))
    return `sent to ${to.length}`
  })

  return { sendEmail, signUp, sendNewsletter }
}
