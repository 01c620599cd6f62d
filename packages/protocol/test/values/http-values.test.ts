import {
  decodeValue,
  encodeValue,
  httpRequestValue,
  httpResponseValue,
  parseHttpRequestValue,
  parseHttpResponseValue,
} from '@dispatch/protocol/values'
import t from 'tap'

t.test('V23 an HTTP request crosses languages in the shape of the original', async (t) => {
  const request = {
    method: 'GET',
    url: 'http://example.com',
    header: { 'x-foo': 'bar' },
    body: Buffer.from('abc'),
  }
  const value = httpRequestValue(request)
  t.strictSame(value, {
    method: 'GET',
    url: 'http://example.com',
    header: { 'X-Foo': ['bar'] },
    body: 'YWJj',
  })
  const any = encodeValue(value)
  t.equal(any.typeUrl, 'type.googleapis.com/google.protobuf.Value')
  t.strictSame(parseHttpRequestValue(decodeValue(any)), {
    method: 'GET',
    url: 'http://example.com',
    header: { 'X-Foo': ['bar'] },
    body: new Uint8Array([97, 98, 99]),
  })
})

t.test('V23 an HTTP response crosses languages in the shape of the original', async (t) => {
  const value = httpResponseValue({ status: 201, header: { 'set-cookie': ['a', 'b'], 'SET-COOKIE': 'c' } })
  t.strictSame(value, { status_code: 201, header: { 'Set-Cookie': ['a', 'b', 'c'] } })
  t.strictSame(parseHttpResponseValue(decodeValue(encodeValue(value))), {
    status: 201,
    header: { 'Set-Cookie': ['a', 'b', 'c'] },
    body: new Uint8Array(0),
  })
  t.strictSame(parseHttpResponseValue({}), { status: 0, header: {}, body: new Uint8Array(0) })
  t.strictSame(httpRequestValue({}), {})
})

t.test('an HTTP value of another shape is refused, naming the field', async (t) => {
  const cases = [
    {
      name: 'no object',
      parse: () => parseHttpRequestValue('GET'),
      want: 'request: expected an object, got a string',
    },
    {
      name: 'url',
      parse: () => parseHttpRequestValue({ url: 1 }),
      want: 'request.url: expected a string, got a number',
    },
    {
      name: 'header',
      parse: () => parseHttpRequestValue({ header: { a: 'b' } }),
      want: 'request.header["a"]: expected an array of strings, got a string',
    },
    {
      name: 'body',
      parse: () => parseHttpResponseValue({ body: '%' }),
      want: 'response.body: expected standard base64, got a string',
    },
    {
      name: 'status',
      parse: () => parseHttpResponseValue({ status_code: '200' }),
      want: 'response.status_code: expected a number, got a string',
    },
  ]
  t.plan(cases.length)
  for (const { name, parse, want } of cases) {
    t.throws(parse, { status: 'invalid_argument', message: want }, name)
  }
})
