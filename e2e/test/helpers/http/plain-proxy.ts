import { once } from 'node:events'
import { createServer, type ServerResponse } from 'node:http'
import type { AddressInfo } from 'node:net'
import { isDeepStrictEqual } from 'node:util'
import { RUN_PATH } from '@dispatch/core/adapter'
import {
  fromBinary,
  type Message,
  type MessageSchema,
  RunRequestSchema,
  RunResponseSchema,
  toBinary,
} from '@dispatch/protocol/messages'
import type { Test } from 'tap'
import { request } from 'undici'

/** First number of the extension fields of this project. */
const OWN_FIELDS_MIN = 1_000

/** A proxy between a scheduler and an endpoint that hides their extensions from each other. */
export interface PlainProxy {
  readonly url: string
  /** Where requests are forwarded to. */
  target: string
  /** Extension fields that were removed: from requests, and from answers. */
  readonly stripped: { requests: number; answers: number }
}

/**
 * A proxy that forwards only what is in the original protocol: one path, its header fields, and message fields below 1000.
 * The endpoint sees a plain scheduler, and the scheduler a plain endpoint.
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

function strip(schema: MessageSchema, bytes: Uint8Array): { bytes: Uint8Array; count: number } {
  const message = fromBinary(schema, bytes)
  const count = stripMessage(schema, message)
  return { bytes: toBinary(schema, message), count }
}

function stripMessage(schema: MessageSchema, message: Message): number {
  const properties = message as unknown as Record<string, unknown>
  const empty = schema.empty() as unknown as Record<string, unknown>
  let count = 0
  delete message.$unknown
  for (const { no, key, oneof, type } of schema.fields) {
    const choice = oneof === undefined ? undefined : (properties[oneof] as { case?: string; value?: unknown })
    const content = oneof === undefined ? properties[key] : choice?.case === key ? choice.value : undefined
    if (no >= OWN_FIELDS_MIN) {
      count += isDeepStrictEqual(content, empty[key]) ? 0 : 1
      properties[key] = empty[key]
    } else if (type !== undefined && content !== undefined) {
      for (const item of [content].flat()) count += stripMessage(type(), item as Message)
    }
  }
  return count
}
