import { once } from 'node:events'
import { createServer, type ServerResponse } from 'node:http'
import type { AddressInfo } from 'node:net'
import { type DescMessage, fromBinary, toBinary } from '@bufbuild/protobuf'
import { type ReflectMessage, reflect } from '@bufbuild/protobuf/reflect'
import { RUN_PATH } from '@dispatch/core'
import { RunRequestSchema, RunResponseSchema } from '@dispatch/protocol'
import type { Test } from 'tap'
import { request } from 'undici'

/** Fields from this number on are ours. */
const OWN_FIELDS_MIN = 1_000

/** What stands between a scheduler and an endpoint that know nothing of each other's extensions. */
export interface PlainProxy {
  readonly url: string
  /** Where requests go on to. */
  target: string
  /** Fields of ours that were taken out: of requests, and of answers. */
  readonly stripped: { requests: number; answers: number }
}

/**
 * A proxy that lets pass what the documented protocol has: one path, its own header fields, and of the messages every
 * field below 1000. To the endpoint the scheduler is a plain one, and to the scheduler the endpoint.
 */
export async function startPlainProxy(t: Test): Promise<PlainProxy> {
  const stripped = { requests: 0, answers: 0 }
  const server = createServer(async (incoming, response) => {
    const chunks: Buffer[] = []
    for await (const chunk of incoming) chunks.push(chunk)
    if (incoming.url !== RUN_PATH) return answer(response, 404, new Uint8Array())
    const asked = strip(RunRequestSchema, Buffer.concat(chunks))
    stripped.requests += asked.count
    try {
      const answered = await request(proxy.target + RUN_PATH, {
        method: 'POST',
        headers: { 'content-type': 'application/proto' },
        body: asked.bytes,
      })
      const bytes = await answered.body.bytes()
      if (answered.statusCode !== 200) return answer(response, answered.statusCode, new Uint8Array())
      const told = strip(RunResponseSchema, bytes)
      stripped.answers += told.count
      answer(response, 200, told.bytes)
    } catch {
      answer(response, 502, new Uint8Array())
    }
  })
  server.listen(0, '127.0.0.1')
  await once(server, 'listening')
  t.teardown(() => {
    server.closeAllConnections()
    server.close()
  })
  const url = `http://127.0.0.1:${(server.address() as AddressInfo).port}`
  const proxy: PlainProxy = { url, target: '', stripped }
  return proxy
}

function answer(response: ServerResponse, status: number, body: Uint8Array): void {
  response.writeHead(status, { 'content-type': 'application/proto' })
  response.end(body)
}

function strip(schema: DescMessage, bytes: Uint8Array): { bytes: Uint8Array; count: number } {
  const message = fromBinary(schema, bytes)
  const count = stripMessage(reflect(schema, message))
  return { bytes: toBinary(schema, message, { writeUnknownFields: false }), count }
}

function stripMessage(message: ReflectMessage): number {
  let count = 0
  for (const field of message.fields) {
    if (!message.isSet(field)) continue
    if (field.number >= OWN_FIELDS_MIN) {
      message.clear(field)
      count += 1
    } else if (field.fieldKind === 'message') count += stripMessage(message.get(field))
    else if (field.fieldKind === 'list' && field.listKind === 'message') {
      for (const item of message.get(field)) count += stripMessage(item as ReflectMessage)
    }
  }
  return count
}
