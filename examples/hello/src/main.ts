import { Dispatch } from '@dispatch/core'
import { greet, greetAll } from './functions.js'

// Without a web framework: the functions have an HTTP server of their own, by default at
// localhost:8000 (DISPATCH_ENDPOINT_ADDR). The scheduler runs in this process and keeps its calls in .dispatch/.
const server = await new Dispatch({ functions: [greet, greetAll] }).listenAndServe()
console.log(`functions are served at ${server.url}`)

const call = await greetAll.dispatch(['Ada', 'Grace', 'Margaret'])
for (const greeting of await call.result()) console.log(greeting)

if (process.argv.includes('--once')) await server.close()
else process.once('SIGINT', () => server.close()).once('SIGTERM', () => server.close())
