import { DispatchError } from '@dispatch/core'
import {
  type DispatchMiddleware,
  type DispatchMiddlewareOptions,
  dispatchMiddleware,
} from '@dispatch/express'
import type express from 'express'
import type { ErrorRequestHandler, Express } from 'express'
import { createFunctions } from './functions.js'
import type { Mailer } from './mailer.js'

/** Options of the application. */
export interface AppOptions extends DispatchMiddlewareOptions {
  /** Express 4 or 5. */
  readonly express: typeof express
  readonly mailer: Mailer
  /** Whether `express.json()` comes before or after the middleware: both work. */
  readonly json: 'before' | 'after'
}

/** The application. `middleware.attach(server)` starts and stops it with a server. */
export function createApp(options: AppOptions): {
  readonly app: Express
  readonly middleware: DispatchMiddleware
} {
  const { express, mailer, json, ...rest } = options
  const { sendEmail, signUp, sendNewsletter } = createFunctions(mailer)
  const middleware = dispatchMiddleware({ functions: [sendEmail, signUp, sendNewsletter], ...rest })

  const app = express()
  if (json === 'before') app.use(express.json())
  app.use(middleware)
  if (json === 'after') app.use(express.json())

  // 202 with the location of the call; with ?wait=5s the result, if the call is done within that time.
  app.post('/signups', (req, res) => res.dispatched(req.dispatch(signUp, req.body)))
  app.post('/newsletters', (req, res) => res.dispatched(req.dispatch(sendNewsletter, req.body)))

  const answerWrongInput: ErrorRequestHandler = (error, _req, res, next) => {
    const isWrongInput = error instanceof DispatchError && error.status === 'invalid_argument'
    if (isWrongInput) res.status(400).json({ error: error.message })
    else next(error)
  }
  app.use(answerWrongInput)

  return { app, middleware }
}
