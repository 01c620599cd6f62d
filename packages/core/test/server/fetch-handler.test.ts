import { Dispatch, func } from '@dispatch/core'
import { RUN_PATH } from '@dispatch/protocol/messages'
import { formatVerificationKey, generateKeyPair, signRequest } from '@dispatch/protocol/signature'
import t from 'tap'
import { inputOf, runOutputOf, runRequestBytes } from '../helpers/run-requests.js'
import { createSchedulerDouble } from '../helpers/scheduler-double.js'

const greet = func('greet', async (name: string) => `hello ${name}`)
const HELLO = runRequestBytes({ function: 'greet', directive: inputOf('World') })
const URL_OF_RUNS = `https://app.example.com${RUN_PATH}`

function createDispatch(options: object = { allowUnsigned: true }): Dispatch {
  return new Dispatch({ functions: [greet], scheduler: createSchedulerDouble(), env: {}, ...options })
}

async function outputOf(response: Response) {
  const body = new Uint8Array(await response.arrayBuffer())
  return runOutputOf({ status: response.status, headers: {}, body }).output
}

t.test('a Request is answered with a Response', async (t) => {
  const { fetch } = createDispatch()
  const response = await fetch(new Request(URL_OF_RUNS, { method: 'POST', body: HELLO }))
  t.equal(response.status, 200)
  t.equal(response.headers.get('content-type'), 'application/proto')
  t.equal(await outputOf(response), 'hello World')
})

const refused = [
  { name: 'no body', request: () => new Request(URL_OF_RUNS, { method: 'POST' }), want: 400 },
  { name: 'another method', request: () => new Request(URL_OF_RUNS), want: 405 },
  {
    name: 'another path',
    request: () => new Request('https://app.example.com/', { method: 'POST', body: HELLO }),
    want: 404,
  },
  {
    name: 'a body whose announced length is too large',
    request: () =>
      new Request(URL_OF_RUNS, { method: 'POST', body: 'x', headers: { 'content-length': '16000001' } }),
    want: 400,
  },
]
for (const { name, request, want } of refused) {
  t.test(`${name} is answered with ${want}`, async (t) => {
    t.equal((await createDispatch().fetch(request())).status, want)
  })
}

t.test('a stream is read no further than the limit', async (t) => {
  let pulls = 0
  const body = new ReadableStream({
    pull(controller) {
      pulls += 1
      controller.enqueue(new Uint8Array(60))
    },
  })
  const request = new Request(URL_OF_RUNS, { method: 'POST', body, duplex: 'half' } as RequestInit)
  const response = await createDispatch({ allowUnsigned: true, bodyBytesMax: 100 }).fetch(request)
  t.equal(response.status, 400)
  t.match(await response.json(), { message: 'content length is too large' })
  t.ok(pulls < 10)
})

t.test('a body that ends early is answered', async (t) => {
  const body = new ReadableStream({
    pull() {
      throw new Error('broken')
    },
  })
  const request = new Request(URL_OF_RUNS, { method: 'POST', body, duplex: 'half' } as RequestInit)
  t.equal((await createDispatch().fetch(request)).status, 499)
})

t.test('a signature for the host of the URL is accepted', async (t) => {
  const { publicKey, privateKey } = generateKeyPair()
  const contentType = 'application/proto'
  const target = { method: 'POST', path: RUN_PATH, authority: 'app.example.com', contentType, body: HELLO }
  const signature = signRequest(target, privateKey, Math.floor(Date.now() / 1000))
  const { fetch } = createDispatch({ verificationKey: formatVerificationKey(publicKey) })
  const request = (headers: Record<string, string>) =>
    new Request(URL_OF_RUNS, { method: 'POST', body: HELLO, headers })
  t.equal((await fetch(request({ 'content-type': contentType, ...signature }))).status, 200)
  t.equal((await fetch(request({ 'content-type': contentType }))).status, 401)
})
