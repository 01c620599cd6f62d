import { createServer } from 'node:http'
import { dispatchMiddleware } from '@dispatch/express'
import express from 'express'
import { ship } from './parcel.js'

// An Express application. DISPATCH_API_URL and the other variables say where its scheduler is.
const dispatch = dispatchMiddleware({ functions: [ship] })
const app = express()
app.use(dispatch)
app.get('/', (_req, res) => {
  res.send('the warehouse')
})

const server = dispatch.attach(createServer(app))
server.listen(Number(process.env.PORT ?? 3002), 'localhost', () => console.log('warehouse is open'))
const close = () => server.close()
process.once('SIGINT', close).once('SIGTERM', close)
