import { Agent, type IncomingMessage, type RequestListener, request, type ServerResponse } from 'node:http'

const AGENT = new Agent({ keepAlive: true, maxSockets: 64 })

/**
 * Posts a value as JSON and resolves with the response.
 *
 * @param onSent - Called when the request has been sent and not yet answered.
 * @throws {Error} When there is no response, or its status is not 200.
 */
export function postJson<T>(url: string, value: unknown, onSent?: () => void): Promise<T> {
  return new Promise((resolve, reject) => {
    const body = JSON.stringify(value)
    const headers = { 'content-type': 'application/json', 'content-length': Buffer.byteLength(body) }
    const outgoing = request(url, { method: 'POST', agent: AGENT, headers }, (answer) => {
      textOf(answer).then((text) => {
        if (answer.statusCode === 200) resolve(JSON.parse(text) as T)
        else reject(new Error(`${url} answered ${answer.statusCode}: ${text}`))
      }, reject)
    })
    outgoing.on('error', reject)
    outgoing.end(body, onSent)
  })
}

/** A listener that responds to JSON with JSON, and to a failure with 500 and its message. */
export function answerJson(answer: (path: string, value: never) => Promise<unknown>): RequestListener {
  return (incoming, response) => {
    textOf(incoming)
      .then((text) => answer(incoming.url ?? '', JSON.parse(text || 'null') as never))
      .then(
        (value) => end(response, 200, value),
        (error) => end(response, 500, { message: String(error) }),
      )
  }
}

async function textOf(message: IncomingMessage): Promise<string> {
  let text = ''
  for await (const chunk of message.setEncoding('utf8')) text += chunk
  return text
}

function end(response: ServerResponse, status: number, value: unknown): void {
  response.writeHead(status, { 'content-type': 'application/json' }).end(JSON.stringify(value ?? null))
}
