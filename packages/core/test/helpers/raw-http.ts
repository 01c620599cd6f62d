import net from 'node:net'

/** The response of a server, parsed as far as tests need it. */
export interface RawAnswer {
  readonly status: number
  readonly head: string
  readonly body: string
}

/**
 * Writes bytes to a port as they are and resolves with the first answer once its body is complete. For requests that no
 * HTTP client would make.
 */
export function rawExchange(port: number, text: string): Promise<RawAnswer> {
  return new Promise((resolve, reject) => {
    const socket = net.connect(port, 'localhost')
    let received = ''
    const check = () => {
      const end = received.indexOf('\r\n\r\n')
      const length = Number(/content-length: (\d+)/i.exec(received)?.[1] ?? Number.NaN)
      if (end === -1 || received.length < end + 4 + length) return
      socket.destroy()
      resolve({
        status: Number(received.split(' ')[1]),
        head: received.slice(0, end).toLowerCase(),
        body: received.slice(end + 4),
      })
    }
    socket.setEncoding('utf8')
    socket.on('data', (chunk) => {
      received += chunk
      check()
    })
    socket.on('error', reject)
    socket.on('close', () => reject(new Error(`closed after ${JSON.stringify(received)}`)))
    socket.write(text)
  })
}
