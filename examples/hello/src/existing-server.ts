import { createServer } from 'node:http'
import { Dispatch } from '@dispatch/core'
import { greet, greetAll } from './functions.js'

// An existing node:http server: it passes requests for runs on, and handles the others itself.
const dispatch = new Dispatch({ functions: [greet, greetAll] })
const runs = dispatch.handler()

const server = createServer(async (request, response) => {
  const { pathname, searchParams } = new URL(request.url ?? '/', 'http://localhost')
  if (dispatch.isRunPath(pathname)) return runs(request, response)
  if (pathname !== '/greet') return response.writeHead(404).end()
  try {
    const call = await greetAll.dispatch(searchParams.getAll('name'))
    const greetings = await call.result({ timeout: '10s' })
    response.end(`${greetings.join('\n')}\n`)
  } catch (error) {
    response.writeHead(500).end(`${(error as Error).message}\n`)
  }
})

await dispatch.start()
server.listen(Number(process.env.PORT ?? 3000), 'localhost', () => {
  const address = server.address()
  const port = typeof address === 'object' && address !== null ? address.port : ''
  console.log(`try curl 'http://localhost:${port}/greet?name=Ada&name=Grace'`)
})

const close = () => {
  server.close()
  server.closeIdleConnections()
  void dispatch.close()
}
process.once('SIGINT', close).once('SIGTERM', close)
