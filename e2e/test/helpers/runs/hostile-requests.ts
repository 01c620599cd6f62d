import { gzipSync } from 'node:zlib'
import { RUN_PATH } from '@dispatch/core/adapter'
import { fromBinary, RunRequestSchema } from '@dispatch/protocol/messages'
import { generateKeyPair } from '@dispatch/protocol/signature'
import type { Exchange } from '../http/http-exchange.js'
import { type RunOptions, runBytes, signedRun } from './run-exchange.js'

/** A request that must have no effect. */
export interface HostileRequest {
  readonly name: string
  readonly request: Exchange
  /** The HTTP status of its refusal. */
  readonly want: number
}

const GOOD = runBytes('victim', 'x'.repeat(200))
const JSON_TYPE = 'application/vnd.dispatch.v1+json'
const GZIP = { 'content-encoding': 'gzip' }

/** A hundred requests, for an endpoint with a function `victim` and a limit of 1 000 000 bytes. */
export function hostileRequests(authority: string): readonly HostileRequest[] {
  return [
    ...badBodies().map(({ name, want = 400, ...options }) => ({
      name,
      want,
      request: signedRun({ authority, ...options }),
    })),
    ...badSignatures(authority),
    ...badHeads(authority),
  ]
}

type BadBody = Omit<RunOptions, 'authority'> & { readonly name: string; readonly want?: number }

/** Signed by the scheduler, so that they reach the parser. */
function badBodies(): BadBody[] {
  const json = (name: string, text: string, want = 400): BadBody => ({
    name: `JSON: ${name}`,
    body: Buffer.from(text),
    contentType: JSON_TYPE,
    want,
  })
  const gzip = (name: string, body: Uint8Array): BadBody => ({ name: `gzip: ${name}`, body, headers: GZIP })
  const bomb = gzipSync(Buffer.alloc(200_000_000))
  return [
    ...truncated(20),
    ...random(13),
    { name: 'an unknown function', body: runBytes('nobody', 'x'), want: 404 },
    { name: 'no function', body: runBytes('', 'x') },
    { name: 'a varint without an end', body: Buffer.alloc(20, 0xff) },
    { name: 'a length beyond the end', body: Buffer.from([0x0a, 0xff, 0xff, 0xff, 0xff, 0x07, 0x41]) },
    { name: 'a string that is not UTF-8', body: Buffer.from([0x0a, 0x02, 0xc3, 0x28]) },
    { name: 'field number 0', body: Buffer.from([0x00, 0x01]) },
    { name: 'a group that does not end', body: Buffer.from([0x5b]) },
    { name: '100 000 nested groups', body: Buffer.alloc(100_000, 0x5b) },
    json('no JSON', '{'),
    json('nothing but blanks', '   '),
    json('an array', '[]'),
    json('a text', '"victim"'),
    json('null', 'null'),
    json('a number', '17'),
    json('a function that is a number', '{"function": 1}'),
    json('a function that is an object', '{"function": {}}'),
    json('a function that is an array', '{"function": ["victim"]}'),
    json('an input that is a number', '{"function": "victim", "input": 5}'),
    json('an input without a type', '{"function": "victim", "input": {"value": 5}}'),
    json('an input of an unknown type', '{"function": "victim", "input": {"@type": "x/y.Z"}}'),
    json(
      'both directives',
      '{"function": "victim", "input": {"@type": "type.googleapis.com/google.protobuf.Empty"}, "pollResult": {}}',
    ),
    json('a time that is none', '{"function": "victim", "creationTime": "yesterday"}'),
    json('100 000 arrays in each other', nested('[', ']')),
    json('100 000 objects in each other', nested('{"a":', '}')),
    json('a prototype', '{"__proto__": {"function": "victim"}}'),
    { ...json('text that is no UTF-8', ''), body: Buffer.from([0x22, 0xc3, 0x28, 0x22]) },
    gzip('no gzip', GOOD),
    gzip('truncated', gzipSync(GOOD).subarray(0, 30)),
    gzip('only a head', gzipSync(GOOD).subarray(0, 10)),
    gzip('a wrong checksum', flipped(gzipSync(GOOD), -6)),
    gzip('what is no message inside', gzipSync(Buffer.alloc(50, 0xff))),
    gzip('twice', gzipSync(gzipSync(GOOD))),
    gzip('a bomb of 200 MB', bomb),
    { name: 'not as compressed as it says', body: gzipSync(GOOD) },
    { name: 'an unknown compression', body: GOOD, headers: { 'content-encoding': 'br' }, want: 501 },
    { name: 'two compressions', body: GOOD, headers: { 'content-encoding': 'gzip, gzip' }, want: 501 },
    { name: 'another version of Connect', body: GOOD, headers: { 'connect-protocol-version': '2' } },
    { name: 'a malformed timeout', body: GOOD, headers: { 'connect-timeout-ms': 'soon' } },
  ]
}

function badSignatures(authority: string): HostileRequest[] {
  const good = signedRun({ authority, body: GOOD })
  const headers = good.headers as Record<string, string>
  const input = headers['signature-input'] as string
  const change = (name: string, changes: Record<string, string>, want: number): HostileRequest => ({
    name: `signature: ${name}`,
    request: { ...good, headers: { ...headers, ...changes } },
    want,
  })
  const without = (...names: string[]): HostileRequest => ({
    name: `signature: without ${names.join(' and ')}`,
    request: {
      ...good,
      headers: Object.fromEntries(Object.entries(headers).filter(([name]) => !names.includes(name))),
    },
    want: 401,
  })
  const run = (name: string, options: Partial<RunOptions>): HostileRequest => ({
    name: `signature: ${name}`,
    request: { ...signedRun({ authority, body: GOOD, ...options }), path: RUN_PATH },
    want: 403,
  })
  return [
    without('signature'),
    without('signature-input'),
    without('content-digest'),
    without('signature', 'signature-input', 'content-digest'),
    run('of another key', { privateKey: generateKeyPair().privateKey }),
    run('for another path', { signedPath: '/elsewhere' }),
    {
      name: 'signature: of another body',
      request: { ...good, body: flipped(GOOD, -1) },
      want: 403,
    },
    run('for another authority', { authority: 'other.example', headers: { host: authority } }),
    change('garbage', { signature: 'garbage' }, 401),
    change('of no bytes', { signature: 'dispatch=::' }, 403),
    change('of 64 zeros', { signature: `dispatch=:${Buffer.alloc(64).toString('base64')}:` }, 403),
    change('of 100 000 bytes', { signature: `dispatch=:${'A'.repeat(8_000)}:` }, 403),
    change('input that is garbage', { 'signature-input': '((((' }, 401),
    change('input that covers nothing', { 'signature-input': 'dispatch=()' }, 401),
    change('input that is no list', { 'signature-input': 'dispatch=1' }, 401),
    change('input of another label', { 'signature-input': input.replace('dispatch=', 'other=') }, 401),
    change('of yesterday', { 'signature-input': input.replace(/created=\d+/, 'created=1') }, 403),
    change('of the future', { 'signature-input': input.replace(/created=\d+/, 'created=99999999999') }, 403),
    change('without a time', { 'signature-input': input.replace(/;created=\d+/, '') }, 401),
    change('with another algorithm', { 'signature-input': input.replace('ed25519', 'hmac-sha256') }, 403),
    change('a digest of another algorithm', { 'content-digest': 'md5=:AAAA:' }, 401),
    change('a digest that is garbage', { 'content-digest': '::::' }, 401),
  ]
}

function badHeads(authority: string): HostileRequest[] {
  const head = (name: string, headers: Record<string, string>, want: number, body?: Exchange['body']) => ({
    name: `head: ${name}`,
    request: { method: 'POST', path: RUN_PATH, headers: { host: authority, ...headers }, body },
    want,
  })
  const chunk = Buffer.alloc(100_000)
  const chunks = Array.from({ length: 11 }, () => chunk)
  return [
    head('no body', { 'content-length': '0' }, 400),
    head('announced too long', { 'content-length': '1000001' }, 400, []),
    head('longer than it may be, in chunks', { 'content-type': 'application/proto' }, 400, chunks),
    head('longer than it may be, in chunks, without a type', {}, 400, chunks),
    head('unsigned', { 'content-type': 'application/proto' }, 401, GOOD),
    head('unsigned, without a type', {}, 401, GOOD),
    head('unsigned, as a form', { 'content-type': 'application/x-www-form-urlencoded-not' }, 401, GOOD),
  ]
}

/** Prefixes of a valid body that are not messages. */
function truncated(count: number): BadBody[] {
  return Array.from(GOOD, (_, end) => GOOD.subarray(0, end))
    .filter((body) => body.length > 0 && !isMessage(body))
    .slice(0, count)
    .map((body) => ({ name: `truncated to ${body.length} bytes`, body }))
}

/** Bytes of a deterministic generator (a linear congruence), except where they are a message. */
function random(count: number): BadBody[] {
  let seed = 1
  const next = () => {
    seed = (seed * 1_103_515_245 + 12_345) % 2 ** 31
    return seed >> 16
  }
  const bodies: BadBody[] = []
  while (bodies.length < count) {
    const body = Buffer.from(Array.from({ length: 40 }, () => next() & 0xff))
    if (!isMessage(body)) bodies.push({ name: `random bytes ${bodies.length}`, body })
  }
  return bodies
}

function isMessage(body: Uint8Array): boolean {
  try {
    fromBinary(RunRequestSchema, body)
    return true
  } catch {
    return false
  }
}

function flipped(bytes: Uint8Array, index: number): Buffer {
  const copy = Buffer.from(bytes)
  copy[copy.length + index] = (copy.at(index) as number) ^ 0xff
  return copy
}

function nested(open: string, close: string): string {
  const value = `${open.repeat(100_000)}1${close.repeat(100_000)}`
  return `{"function": "victim", "input": {"@type": "type.googleapis.com/google.protobuf.Value", "value": ${value}}}`
}
