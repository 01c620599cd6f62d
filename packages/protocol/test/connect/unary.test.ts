import { BODY_BYTES_MAX } from '@dispatch/protocol/bounds'
import {
  checkHead,
  connectTimeoutMsOf,
  errorResponse,
  type UnaryHeaders,
  type UnaryResponse,
} from '@dispatch/protocol/connect'
import t from 'tap'

const LIMITS = { bodyBytesMax: BODY_BYTES_MAX, lengthRequired: true }

t.test('a head that is refused before the body is read', async (t) => {
  const length = { 'content-length': '1' }
  const cases = [
    {
      name: 'E01 no body and no length',
      headers: {},
      want: { status: 400, code: 'invalid_argument', message: 'content length is required' },
    },
    {
      name: 'E01 a length of 0',
      headers: { 'content-length': '0' },
      want: { status: 400, code: 'invalid_argument', message: 'content length is required' },
    },
    {
      name: 'E02 a length above the limit',
      headers: { 'content-length': '16000001' },
      want: { status: 400, code: 'invalid_argument', message: 'content length is too large' },
    },
    {
      name: 'a length of astronomic size',
      headers: { 'content-length': '9'.repeat(400) },
      want: { status: 400, code: 'invalid_argument', message: 'content length is too large' },
    },
    {
      name: 'a negative length',
      headers: { 'content-length': '-1' },
      want: { status: 400, code: 'invalid_argument', message: 'content length is negative' },
    },
    {
      name: 'a length that is not a number',
      headers: { 'content-length': ['1', '2'] },
      want: { status: 400, code: 'invalid_argument', message: 'content length is not a number' },
    },
    {
      name: 'E12 another version of the protocol',
      headers: { ...length, 'connect-protocol-version': '2' },
      want: {
        status: 400,
        code: 'invalid_argument',
        message: 'connect-protocol-version must be "1": got "2"',
      },
    },
    ...['12345678901', 'soon', '', '-1', '1.5'].map((timeout) => ({
      name: `E13 a timeout of "${timeout}"`,
      headers: { ...length, 'connect-timeout-ms': timeout },
      want: {
        status: 400,
        code: 'invalid_argument',
        message: `connect-timeout-ms must be a number of at most 10 digits: got "${timeout}"`,
      },
    })),
    {
      name: 'an unknown compression',
      headers: { ...length, 'content-encoding': 'br' },
      want: {
        status: 501,
        code: 'unimplemented',
        message: 'unknown compression "br": supported encodings are gzip,identity',
      },
    },
  ] satisfies { name: string; headers: UnaryHeaders; want: object }[]
  for (const { name, headers, want } of cases) {
    const { status, ...error } = want
    t.strictSame(
      errorOf(checkHead('POST', headers, LIMITS)),
      { status, type: 'application/json', error },
      name,
    )
  }
})

t.test('E07 another method is refused and the right one named', async (t) => {
  for (const method of ['GET', 'PUT', 'OPTIONS', 'HEAD', '']) {
    const response = checkHead(method, {}, LIMITS)
    t.match(response, { status: 405, headers: { allow: 'POST' } })
    t.match(errorOf(response), { error: { code: 'unimplemented' } })
  }
})

t.test('a head with which the body may be read', async (t) => {
  const length = { 'content-length': '1' }
  const cases = [
    { name: 'E03 a length at the limit', headers: { 'content-length': '16000000' } },
    { name: 'E14 a chunked body', headers: { 'transfer-encoding': 'chunked' } },
    { name: 'HTTP/2 without a length', headers: { ':method': 'POST' } },
    { name: 'no length where none is required', headers: {}, limits: { ...LIMITS, lengthRequired: false } },
    {
      name: 'length 0 where none is required',
      headers: { 'content-length': '0' },
      limits: { ...LIMITS, lengthRequired: false },
    },
    { name: 'protocol version 1', headers: { ...length, 'connect-protocol-version': '1' } },
    { name: 'a timeout of ten digits', headers: { ...length, 'connect-timeout-ms': '1234567890' } },
    { name: 'gzip', headers: { ...length, 'content-encoding': 'GZIP' } },
    { name: 'identity', headers: { ...length, 'content-encoding': 'identity' } },
    { name: 'no encoding', headers: { ...length, 'content-encoding': '' } },
    { name: 'any content type', headers: { ...length, 'content-type': 'text/plain' } },
  ]
  for (const { name, headers, limits = LIMITS } of cases) {
    t.equal(checkHead('POST', headers, limits), undefined, name)
  }
  t.equal(connectTimeoutMsOf({ 'connect-timeout-ms': '1500' }), 1500)
  t.equal(connectTimeoutMsOf({ 'connect-timeout-ms': 'soon' }), undefined)
  t.equal(connectTimeoutMsOf({}), undefined)
})

t.test('E23 an error is valid JSON with two keys, whatever its message', async (t) => {
  for (const message of ['say "hi"\n', '\u0000\u2028', '\ud800', '', 'ü€😀', '</script>']) {
    const response = errorResponse('internal', message, { 'x-a': 'b' })
    t.strictSame(errorOf(response), {
      status: 500,
      type: 'application/json',
      error: { code: 'internal', message },
    })
    t.equal(response.headers['content-length'], String(response.body.byteLength))
    t.equal(response.headers['x-a'], 'b')
  }
})

function errorOf(response: UnaryResponse | undefined) {
  return {
    status: response?.status,
    type: response?.headers['content-type'],
    error: JSON.parse(Buffer.from(response?.body ?? []).toString()) as unknown,
  }
}
