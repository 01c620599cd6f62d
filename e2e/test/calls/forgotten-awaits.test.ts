// A forgotten await never ends the process, and others' unhandled rejections still do.

import { spawnSync } from 'node:child_process'
import t from 'tap'

const PRELUDE = `
import { Dispatch, func } from '@dispatch/core'
const save = func('save', async (item) => item)
const fail = func('fail', async () => { throw new Error('child failed') })
const io = (ms = 5) => new Promise((resolve) => setTimeout(resolve, ms))
const logger = { debug() {}, info() {}, warn() {}, error: (_, message) => console.log('logged', message) }
async function run(handler, input = [1, 2]) {
  const main = func('main', handler)
  const dispatch = new Dispatch({ functions: [save, fail, main], store: ':memory:', env: {}, logger })
  await dispatch.start()
  const result = await (await main.dispatch(input)).result().catch((error) => error.status + ' ' + error.name)
  console.log('result', result)
  await io(100)
  await dispatch.close()
  console.log('alive')
}
`

interface Exit {
  readonly code: number | null
  readonly lines: string[]
  readonly stderr: string
}

function execute(program: string, flags: readonly string[] = []): Exit {
  const args = [...flags, '--input-type=module', '--eval', PRELUDE + program]
  const { status, stdout, stderr } = spawnSync(process.execPath, args, { encoding: 'utf8' })
  return { code: status, lines: stdout.trim().split('\n'), stderr }
}

const survived = [
  {
    name: 'a step in forEach, whose promise is not handled',
    program: `await run(async (items) => { items.forEach(async (item) => { await save.await(item) }); return 'all saved' })`,
    want: [
      /^logged function 'main' returned after it had begun step 1, a call of 'save'/,
      /^result permanent ForgottenAwaitError/,
    ],
  },
  {
    name: 'a step whose input is refused, and that nothing awaits',
    program: `await run(async () => { save.await(() => 1); return 'x' })`,
    want: [
      /^logged function 'main' returned after it had begun a call of 'save'/,
      /^result permanent ForgottenAwaitError/,
    ],
  },
  {
    name: 'a step whose input is refused, which the handler catches',
    program: `await run(async () => { await save.await(() => 1).catch(() => 0); return 'x' })`,
    want: [/^result x/],
  },
  {
    name: 'a dispatch that is refused, and that nothing awaits',
    program: `await run(async () => { save.dispatch(() => 1); await save.await(1); return 'x' })`,
    want: [
      /^logged call .*: a dispatch or a request failed before anything awaited it: input: /,
      /^result x/,
    ],
  },
  {
    name: 'a step after plain I/O, when the handler has returned',
    program: `await run(async (items) => { items.slice(1).forEach(async (item) => { await io(60); await save.await(item) }); return 'x' })`,
    want: [/^result x/, /^logged await of 'save': the function of call .* has already ended/],
  },
  {
    name: 'a late step whose error is wrapped after more I/O',
    program: `await run(async () => {
      void (async () => {
        await io()
        try { await save.await(1) } catch (cause) { await io(); throw new Error('wrapped', { cause }) }
      })()
      return 'x'
    })`,
    want: [/^result x/, /^logged await of 'save'/],
  },
  {
    name: 'a failed call in a branch that is dropped',
    program: `await run(async () => { void (async () => { await fail.await() })(); await save.await(1); await save.await(2); return 'x' })`,
    want: [/^result x/],
  },
  {
    name: 'Promise.any of steps that reject, dropped',
    program: `await run(async () => { void Promise.any([fail.await(), fail.await()]); await save.await(1); await save.await(2); return 'x' })`,
    want: [/^result x/],
  },
]

for (const { name, program, want } of survived) {
  t.test(`the process survives ${name}`, async (t) => {
    const { code, lines, stderr } = execute(program)
    t.equal(code, 0, stderr)
    for (const line of [...want, /^alive/])
      t.ok(
        lines.some((one) => line.test(one)),
        `${line} in ${lines}`,
      )
    t.equal(lines.length, want.length + 1)
  })
}

const OTHERS = `Promise.reject(new Error('of the application')); await io(50); return 'x'`

t.test('an unhandled rejection of other code ends the process as it does without handlers', async (t) => {
  const program = `process.on('uncaughtException', (error, origin) => { console.log(origin, error.message); process.exit(9) })
    await run(async () => { ${OTHERS} })`
  t.match(execute(program), { code: 9, lines: ['unhandledRejection of the application'] })
  t.match(execute(`await run(async () => { ${OTHERS} })`), { code: 1, stderr: /Error: of the application/ })
})

t.test(
  'an unhandled rejection of other code is left to other listeners, and to the flag of Node.js',
  async (t) => {
    const program = `process.on('unhandledRejection', (error) => console.log('listener', error.message))
    await run(async () => { ${OTHERS} })`
    t.match(execute(program), { code: 0, lines: ['listener of the application', 'result x', 'alive'] })
    const warned = execute(`await run(async () => { ${OTHERS} })`, ['--unhandled-rejections=warn'])
    t.match(warned, { code: 0, lines: ['result x', 'alive'], stderr: /of the application/ })
  },
)

t.test('the process has a listener for unhandled rejections only while handlers run', async (t) => {
  const program = `
    const count = () => console.log(process.listenerCount('unhandledRejection'))
    count()
    await run(async () => { count(); await save.await(1); count(); return 'x' })
    await io(1_200)
    count()`
  t.strictSame(execute(program).lines, ['0', '1', '1', 'result x', 'alive', '0'])
})
