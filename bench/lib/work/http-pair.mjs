import { join } from 'node:path'
import { formatSigningKey, formatVerificationKey, generateKeyPair } from '@dispatch/protocol/signature'
import { makeScratchFolder } from '../measure/scratch.mjs'
import { startChild } from './child.mjs'

/**
 * A scheduler and an application, each in a process of its own, with signed requests over loopback. The application is also
 * the client. They live as long as a benchmark, so that they are warm when it measures.
 *
 * @param {object} [options] - Of `serveScheduler`.
 * @param {() => import('./child.mjs').Child} [startApplication] - Its `open` takes the scheduler's address and keys.
 */
export async function startHttpPair(options = {}, startApplication = () => startChild('application')) {
  const keys = generateKeyPair()
  const apiKey = 'bench-application'
  const scheduler = startChild('scheduler')
  const application = startApplication()
  const apiUrl = await scheduler.ask('open', {
    store: join(makeScratchFolder(), 'scheduler.db'),
    apiKeys: [apiKey],
    signingKey: formatSigningKey(keys.privateKey),
    ...options,
  })
  const verificationKey = formatVerificationKey(keys.publicKey)
  await application.ask('open', { apiUrl, apiKey, verificationKey })
  return {
    application,
    children: [scheduler, application],
    async close() {
      await application.stop()
      await scheduler.stop()
    },
  }
}
