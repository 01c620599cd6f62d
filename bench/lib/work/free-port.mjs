import { once } from 'node:events'
import { createServer } from 'node:net'

/** A port of 127.0.0.1 that is not in use, for programs that need its number before they listen. */
export async function freePort() {
  const server = createServer().listen(0, '127.0.0.1')
  await once(server, 'listening')
  const address = server.address()
  server.close()
  await once(server, 'close')
  return /** @type {import('node:net').AddressInfo} */ (address).port
}
