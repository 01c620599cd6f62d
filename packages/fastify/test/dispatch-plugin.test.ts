import { func } from '@dispatch/core'
import { RUN_PATH } from '@dispatch/core/adapter'
import { dispatchPlugin } from '@dispatch/fastify'
import { DispatchError, type Scheduler } from '@dispatch/protocol'
import Fastify from 'fastify'
import t from 'tap'

const greet = func('greet', async (name: string) => `hello ${name}`)

const refuse = async () => {
  throw new DispatchError('temporary', 'there is no scheduler')
}
const scheduler: Scheduler = { dispatch: refuse, get: refuse, wait: refuse, cancel: refuse }
const options = { functions: [greet], scheduler, env: {} }

t.test('its routes are hidden from generated documentation, and the route of runs is marked', async (t) => {
  const app = Fastify()
  const routes = new Map<string, { methods: string[]; isHidden: boolean; isMarked: boolean }>()
  app.addHook('onRoute', ({ url, method, schema, config }) => {
    const isHidden = (schema as { hide?: boolean } | undefined)?.hide === true
    const methods = [...(routes.get(url)?.methods ?? []), ...[method].flat()]
    routes.set(url, { methods, isHidden, isMarked: config?.dispatch === true })
  })
  await app.register(dispatchPlugin, options)
  await app.ready()
  t.strictSame(
    [...routes.keys()].filter((url) => !routes.get(url)?.isHidden),
    [],
  )
  t.match(routes.get(RUN_PATH), { isMarked: true, isHidden: true })
  t.strictSame(routes.get('/dispatch/calls/*')?.methods.sort(), ['GET', 'HEAD'])
  t.equal(routes.get('/dispatch/calls/*')?.isMarked, false)
  t.equal(routes.size, 2)
  await app.close()
})

const wrong = [
  {
    name: 'an option of new Dispatch',
    options: { funtions: [] },
    message: 'dispatchPlugin(options): expected functions, got the unknown option "funtions"',
  },
  {
    name: 'an option of the plugin',
    options: { decorators: {} },
    message: 'dispatchPlugin(options): expected decorateAs, got the unknown option "decorators"',
  },
  {
    name: 'a decorator',
    options: { decorateAs: { dispach: 'jobs' } },
    message: 'option decorateAs: expected dispatch, got the unknown option "dispach"',
  },
  {
    name: 'decorators that are no object',
    options: { decorateAs: 'jobs' },
    message: 'option decorateAs: expected an object, got "jobs"',
  },
]
for (const { name, options: wrongOptions, message } of wrong) {
  t.test(`refused by name: ${name}`, async (t) => {
    const app = Fastify()
    t.teardown(() => app.close())
    await t.rejects(async () => app.register(dispatchPlugin, { ...options, ...(wrongOptions as object) }), {
      name: 'TypeError',
      message,
    })
  })
}

t.test('options that app.register accepts for every plugin are accepted', async (t) => {
  const app = Fastify()
  t.teardown(() => app.close())
  await app.register(dispatchPlugin, { ...options, prefix: '/jobs', logLevel: 'warn', logSerializers: {} })
  await app.ready()
  t.ok(app.hasRoute({ method: 'POST', url: `/jobs${RUN_PATH}` }))
})

t.test('its decorators are those of the application, and work without their object', async (t) => {
  const app = Fastify()
  await app.register(dispatchPlugin, options)
  const { dispatch } = app
  await t.rejects(dispatch(greet, 'Ada'), { message: 'there is no scheduler' })
  app.get('/', async ({ dispatch: own }) => own(greet, 'Ada'))
  t.match((await app.inject('/')).json(), { statusCode: 500, message: 'there is no scheduler' })
  await app.close()
})

t.test('it logs to the log of the application, unless there is another logger', async (t) => {
  const lines: string[] = []
  const stream = { write: (line: string) => lines.push(line) }
  const app = Fastify({ logger: { level: 'warn', stream } })
  const remote = {
    apiUrl: 'http://scheduler.example',
    apiKey: 'k',
    endpointUrl: 'http://app.example',
    env: {},
  }
  await app.register(dispatchPlugin, { functions: [greet], ...remote })
  t.match(lines.join(''), /requests for runs are accepted from any client/)
  const warnings: string[] = []
  const ignore = () => {}
  const warn = (_fields: object, message: string) => warnings.push(message)
  const other = Fastify({ logger: { level: 'warn', stream } })
  const logger = { debug: ignore, info: ignore, warn, error: ignore }
  await other.register(dispatchPlugin, { functions: [greet], ...remote, logger })
  t.equal(warnings.length, 1)
  t.equal(lines.length, 1)
  await Promise.all([app.close(), other.close()])
})
