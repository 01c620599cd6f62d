import type { ClientHttp2Session } from 'node:http2'
import type { Answer, Exchange } from './http-exchange.js'

/** Like `exchange`, over HTTP/2. */
export function http2Exchange(session: ClientHttp2Session, request: Exchange): Promise<Answer> {
  const { method = 'GET', path, headers = {}, body } = request
  const { host, ...others } = headers
  return new Promise((resolve, reject) => {
    const stream = session.request({
      ':method': method,
      ':path': path,
      ...(host === undefined ? {} : { ':authority': host }),
      ...others,
    })
    const chunks: Buffer[] = []
    let answer: Omit<Answer, 'body'> | undefined
    stream.on('response', (fields) => {
      answer = { status: fields[':status'] ?? 0, headers: fields as Answer['headers'] }
    })
    stream.on('data', (chunk: Buffer) => chunks.push(chunk))
    stream.on('error', reject)
    stream.on('end', () => answer && resolve({ ...answer, body: Buffer.concat(chunks) }))
    stream.end(body)
  })
}
