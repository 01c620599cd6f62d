import { type ChildProcess, type ExecFileOptions, execFile, spawn } from 'node:child_process'
import { once } from 'node:events'
import { mkdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { createServer } from 'node:http'
import type { AddressInfo } from 'node:net'
import { join } from 'node:path'
import { createInterface } from 'node:readline'
import { formatSigningKey, formatVerificationKey, generateKeyPair } from '@dispatch/protocol/signature'
import t, { type Test } from 'tap'
import { ROOT } from './docs-of-the-repository.js'

/** Inside this package, so that its dependencies are found. */
const FOLDER = join(ROOT, 'checks/.readme')
const COMPILER = join(ROOT, 'node_modules/typescript/lib/tsc.js')

/** The programs of these documents, which are whole. */
const DOCUMENTS = [
  'README.md',
  ...['protocol', 'core', 'scheduler', 'fastify', 'express'].map((name) => `packages/${name}/README.md`),
]

const PROGRAMS = DOCUMENTS.flatMap((document) => programsOf(readFileSync(join(ROOT, document), 'utf8')))

/** Programs that greet whoever posts to them. */
const GREETING = [...PROGRAMS.entries()].filter(([, source]) => source.includes("'/greet/:name'"))

/** Programs that end by themselves and say, at the end of each line that prints, what it prints. */
const PRINTING = [...PROGRAMS.entries()].filter(([, source]) => !/\.listen\(|serveScheduler\(/.test(source))

/** A running program of the README. */
interface Running {
  readonly child: ChildProcess
  /** The first line that it prints. */
  readonly firstLine: string
}

t.before(async () => {
  // What was compiled before must not pass for what is there now.
  rmSync(FOLDER, { recursive: true, force: true })
  mkdirSync(FOLDER, { recursive: true })
  for (const [index, source] of PROGRAMS.entries()) writeFileSync(join(FOLDER, `program-${index}.ts`), source)
  writeFileSync(
    join(FOLDER, 'tsconfig.json'),
    JSON.stringify({
      extends: '../../tsconfig.base.json',
      compilerOptions: {
        rootDir: '.',
        outDir: 'dist',
        composite: false,
        declaration: false,
        declarationMap: false,
      },
      files: PROGRAMS.map((_, index) => `program-${index}.ts`),
    }),
  )
})

t.test('the programs of the READMEs compile under strict rules', async (t) => {
  t.ok(PROGRAMS.length >= 9)
  const { code, output } = await compiled()
  t.equal(code, 0, output)
})

t.test('the first program charges each order once, through failures', async (t) => {
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

t.test('the first program answers at once, and goes on after it was killed', async (t) => {
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
    'payments that were under way were asked for again, with the keys they had',
  )
  t.equal(new Set(payments.keys).size, payments.charges.size)
})

t.test('the first program runs with the stand-alone scheduler, told by its environment', async (t) => {
  const { publicKey, privateKey } = generateKeyPair()
  const apiKey = 'a-key-of-the-readme'
  const folder = t.testdir()
  const scheduler = await start(
    t,
    PROGRAMS.findIndex((source) => source.includes('serveScheduler(')),
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
})

t.test('the programs with an adapter answer with the result', async (t) => {
  t.plan(3)
  for (const [index] of GREETING) {
    await t.test(`program ${index}`, async (t) => {
      const port = await freePort()
      await start(t, index, { PORT: String(port) }, t.testdir())
      const response = await fetch(`http://localhost:${port}/greet/World?wait=30s`, { method: 'POST' })
      t.match(await response.json(), { status: 'ok', output: 'hello World' })
    })
  }
})

t.test('programs print what they say', async (t) => {
  t.plan(PRINTING.length * 2)
  for (const [index, source] of PRINTING) {
    // One after the other, in one folder: what a program has left there is removed.
    const { code, output } = await run(index, t.testdir())
    t.equal(code, 0, output)
    const want = [...source.matchAll(/^console\.log\(.*\) \/\/ (.*)$/gm)].map(([, text = '']) => text)
    t.strictSame(output.trim().split('\n'), want)
  }
})

function programsOf(text: string): string[] {
  return [...text.matchAll(/^```ts\n([\s\S]*?)^```/gm)].map(([, source = '']) => source)
}

function run(index: number, cwd: string): Promise<{ readonly code: number; readonly output: string }> {
  return execute(process.execPath, [join(FOLDER, `dist/program-${index}.js`)], { cwd, env: {} })
}

function compiled(): Promise<{ readonly code: number; readonly output: string }> {
  return execute(process.execPath, [COMPILER, '-p', FOLDER], {})
}

function execute(
  file: string,
  args: string[],
  options: ExecFileOptions,
): Promise<{ readonly code: number; readonly output: string }> {
  return new Promise((resolve) => {
    execFile(file, args, { ...options, timeout: 60_000 }, (error, stdout, stderr) =>
      resolve({
        code: error === null ? 0 : 1,
        output: error === null ? String(stdout) : `${stdout}${stderr}`,
      }),
    )
  })
}

function checkoutOf(orders: string[]): RequestInit {
  return { method: 'POST', headers: { 'content-type': 'application/json' }, body: JSON.stringify(orders) }
}

async function startShop(
  t: Test,
  paymentsUrl: string,
  folder = t.testdir(),
  env: Readonly<Record<string, string>> = {},
) {
  const { child, firstLine } = await start(t, 0, { PAYMENTS_URL: paymentsUrl, PORT: '0', ...env }, folder)
  return { child, url: firstLine, folder }
}

/** Starts a program in a folder of its own; resolves when it has printed a line. */
async function start(
  t: Test,
  index: number,
  env: Readonly<Record<string, string>>,
  folder: string,
): Promise<Running> {
  const child = spawn(process.execPath, [join(FOLDER, `dist/program-${index}.js`)], {
    cwd: folder,
    env: { PATH: process.env.PATH, ...env },
    stdio: ['ignore', 'pipe', 'pipe'],
  })
  t.teardown(() => child.kill('SIGKILL'))
  let errors = ''
  child.stderr.on('data', (chunk) => {
    errors += chunk
  })
  const line = once(createInterface(child.stdout), 'line').then(([text]) => text as string)
  const exit = once(child, 'exit').then(() => once(child, 'close').then(() => undefined))
  const firstLine = await Promise.race([line, exit])
  if (firstLine === undefined) throw new Error(`program ${index} ended without a word: ${errors}`)
  return { child, firstLine }
}

async function freePort(): Promise<number> {
  const server = createServer().listen(0)
  await once(server, 'listening')
  const { port } = server.address() as AddressInfo
  server.close()
  await once(server, 'close')
  return port
}

/** A payment service: charges once per idempotency key, after it has failed as often as it is told to. */
async function startPayments(t: Test) {
  let noteAsked: () => void = () => {}
  const payments = {
    url: '',
    failures: [] as (number | 'reset')[],
    /** Takes requests and never answers. */
    isSilent: false,
    /** Keys of all requests. */
    keys: [] as string[],
    /** Orders that were charged, by key. */
    charges: new Map<string, string>(),
    /** Resolves at the first request. */
    asked: new Promise<void>((resolve) => {
      noteAsked = resolve
    }),
  }
  const server = createServer(async (request, response) => {
    const chunks: Buffer[] = []
    for await (const chunk of request) chunks.push(chunk)
    const { order } = JSON.parse(Buffer.concat(chunks).toString()) as { order: string }
    const key = String(request.headers['idempotency-key'])
    payments.keys.push(key)
    noteAsked()
    if (payments.isSilent) return
    const failure = payments.failures.shift()
    if (failure === 'reset') return request.socket.destroy()
    if (failure !== undefined) return response.writeHead(failure).end()
    payments.charges.set(key, order)
    return response
      .writeHead(200, { 'content-type': 'application/json' })
      .end(JSON.stringify({ receipt: order }))
  }).listen(0, '127.0.0.1')
  await once(server, 'listening')
  t.teardown(() => {
    server.closeAllConnections()
    server.close()
  })
  payments.url = `http://127.0.0.1:${(server.address() as AddressInfo).port}`
  return payments
}
