import { createServer } from 'node:http'
import type { AddressInfo } from 'node:net'
import { gzipSync } from 'node:zlib'
import { BODY_BYTES_MAX } from '@dispatch/protocol/bounds'
import { decodeValue, encodeValue } from '@dispatch/protocol/values'
import t from 'tap'
import { readHttpOutput } from '../../dist/coroutine/definition/http-output.js'
import { statusOfOutput } from '../../dist/errors/classify.js'

t.test('E25 a returned Response becomes the HTTP response that all SDKs share', async (t) => {
  const response = new Response('busy', {
    status: 503,
    headers: { 'x-a': 'b', 'content-type': 'text/plain' },
  })
  response.headers.append('set-cookie', 'a=1')
  response.headers.append('set-cookie', 'b=2')
  const output = await readHttpOutput(response)
  const want = {
    status_code: 503,
    header: { 'Content-Type': ['text/plain'], 'Set-Cookie': ['a=1', 'b=2'], 'X-A': ['b'] },
    body: Buffer.from('busy').toString('base64'),
  }
  t.same(output, want)
  t.same(decodeValue(encodeValue(output)), want)
  t.equal(statusOfOutput(output), 'temporary')
})

t.test('E26 a Response without a body has none', async (t) => {
  const output = await readHttpOutput(new Response(null, { status: 404 }))
  t.same(output, { status_code: 404 })
  t.equal(statusOfOutput(output), 'not_found')
})

t.test('the header of a compressed Response describes the body as it was decompressed', async (t) => {
  const server = createServer((_request, response) =>
    response.writeHead(200, { 'content-encoding': 'gzip', 'x-a': 'b' }).end(gzipSync('hello')),
  )
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
  t.teardown(() => server.close())
  const response = await fetch(`http://127.0.0.1:${(server.address() as AddressInfo).port}`, {
    headers: { connection: 'close' },
  })
  const output = (await readHttpOutput(response)) as { header: Record<string, string[]>; body: string }
  t.equal(Buffer.from(output.body, 'base64').toString(), 'hello')
  t.strictSame(output.header['X-A'], ['b'])
  t.notOk('Content-Encoding' in output.header)
})

t.test('any other output is not changed', async (t) => {
  const values = [undefined, null, 1, 'x', {}, { status: 503, headers: {} }, [new Response('x')]]
  for (const value of values) t.equal(await readHttpOutput(value), value)
})

t.test('a Response that was read before or is too large is refused with the reason', async (t) => {
  const used = new Response('x')
  await used.text()
  await t.rejects(readHttpOutput(used), {
    status: 'invalid_response',
    message: /expected a Response with an unread body.*clone/,
  })
  const large = new Response(Buffer.alloc(BODY_BYTES_MAX + 1))
  await t.rejects(readHttpOutput(large), {
    status: 'invalid_response',
    message: /at most 16000000 bytes/,
  })
})
