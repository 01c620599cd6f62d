// Makes calls, closes, and finds them again in the file. Prints the SQLite driver of the store.
import { Dispatch, DispatchError, func } from '@dispatch/core'

const double = func('double', async (value) => value * 2)
const sum = func('sum', async (values) => {
  const doubled = await double.gather(values)
  return doubled.reduce((left, right) => left + right, 0)
})
const fail = func('fail', async () => {
  throw new DispatchError('not_found', 'there is none')
})

const drivers = new Set()
const logger = { debug: note, info: note, warn: note, error: console.error }

function note({ driver }) {
  if (driver !== undefined) drivers.add(driver)
}

async function main() {
  const options = { functions: [double, sum, fail], store: process.argv[2] ?? 'calls.db', logger }
  const first = new Dispatch(options)
  await first.start()
  const call = await sum.dispatch([1, 2, 3])
  expect(await call.result(), 12)
  const failed = await (await fail.dispatch()).result().catch((error) => error)
  expect(failed instanceof DispatchError && failed.status, 'not_found')
  await first.close()

  const second = new Dispatch(options)
  await second.open()
  expect(await second.call(call.id).result(), 12)
  await second.close()
  console.log([...drivers].join())
}

function expect(got, want) {
  if (got !== want) throw new Error(`expected ${want}, got ${got}`)
}

main()
