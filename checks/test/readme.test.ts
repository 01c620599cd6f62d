import { once } from 'node:events'
import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import { formatSigningKey, formatVerificationKey, generateKeyPair } from '@dispatch/protocol/signature'
import t, { type Test } from 'tap'
import { ROOT } from './docs-of-the-repository.js'
import { type Compiled, compileDocuments } from './programs/compile.js'
import { type Program, programsOf } from './programs/documents.js'
import { startPayments } from './programs/payments.js'
import { freePort, start } from './programs/processes.js'

const DOCUMENTS = ['README.md', 'docs/guide/stand-alone-scheduler.md'] as const
const [SHOP] = programsOf(DOCUMENTS[0]) as [Program]
const [SCHEDULER] = programsOf(DOCUMENTS[1]) as [Program]

let compiled: Compiled

t.before(async () => {
  compiled = await compileDocuments('readme', DOCUMENTS)
})

t.test('the README has one program, and one page', async (t) => {
  t.equal(compiled.errors, '')
  t.equal(programsOf('README.md').length, 1)
  t.ok(readFileSync(join(ROOT, 'README.md'), 'utf8').split('\n').length <= 151)
})

t.test('the program of the README charges each order once, through failures', async (t) => {
  const payments = await startPayments(t)
  payments.failures.push(429, 503, 'reset')
  const { url } = await startShop(t, payments.url)
  const response = await fetch(`${url}/checkout?wait=30s`, checkoutOf(['a', 'b', 'c']))
  t.equal(response.status, 200)
  t.match(await response.json(), {
    status: 'ok',
    output: [{ receipt: 'a' }, { receipt: 'b' }, { receipt: 'c' }],
  })
  t.strictSame([...payments.charges.values()].sort(), ['a', 'b', 'c'])
})

t.test('the program of the README responds at once, and continues after it was killed', async (t) => {
  const payments = await startPayments(t)
  payments.isSilent = true
  const first = await startShop(t, payments.url)
  const response = await fetch(`${first.url}/checkout`, checkoutOf(['a', 'b']))
  t.equal(response.status, 202)
  const location = response.headers.get('location') ?? ''
  await payments.asked
  first.child.kill('SIGKILL')
  await once(first.child, 'exit')

  payments.isSilent = false
  const second = await startShop(t, payments.url, first.folder)
  const done = await fetch(`${second.url}${location}?wait=30s`)
  t.match(await done.json(), { status: 'ok', output: [{ receipt: 'a' }, { receipt: 'b' }] })
  t.ok(
    payments.keys.length > payments.charges.size,
    'payments in progress were requested again, with the keys they had',
  )
  t.equal(new Set(payments.keys).size, payments.charges.size)
})

t.test(
  'the program of the README runs with the stand-alone scheduler when its environment says so',
  async (t) => {
    const { publicKey, privateKey } = generateKeyPair()
    const apiKey = 'a-key-of-the-readme'
    const folder = t.testdir()
    const scheduler = await start(
      t,
      compiled.pathOf(SCHEDULER),
      { PORT: '0', DISPATCH_API_KEY: apiKey, DISPATCH_SIGNING_KEY: formatSigningKey(privateKey) },
      folder,
    )
    const port = await freePort()
    const payments = await startPayments(t)
    const { url } = await startShop(t, payments.url, folder, {
      PORT: String(port),
      NODE_ENV: 'production',
      DISPATCH_API_URL: scheduler.firstLine,
      DISPATCH_API_KEY: apiKey,
      DISPATCH_ENDPOINT_URL: `http://localhost:${port}`,
      DISPATCH_VERIFICATION_KEY: formatVerificationKey(publicKey),
    })
    const response = await fetch(`${url}/checkout?wait=30s`, checkoutOf(['a', 'b']))
    t.match(await response.json(), { status: 'ok', output: [{ receipt: 'a' }, { receipt: 'b' }] })
  },
)

function checkoutOf(orders: string[]): RequestInit {
  return { method: 'POST', headers: { 'content-type': 'application/json' }, body: JSON.stringify(orders) }
}

async function startShop(
  t: Test,
  paymentsUrl: string,
  folder = t.testdir(),
  env: Readonly<Record<string, string>> = {},
) {
  const { child, firstLine } = await start(
    t,
    compiled.pathOf(SHOP),
    { PAYMENTS_URL: paymentsUrl, PORT: '0', ...env },
    folder,
  )
  return { child, url: firstLine, folder }
}
