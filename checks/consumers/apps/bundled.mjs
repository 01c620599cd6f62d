// As durable-calls.mjs, with a schema of each TypeBox: what checks them has to be in the bundle as well.

import { Dispatch, DispatchError, func } from '@dispatch/core'
import { Type as OldType } from '@sinclair/typebox'
import { Type } from 'typebox'

const double = func('double', { input: OldType.Integer() }, async (value) => value * 2)
const sum = func('sum', { input: Type.Array(Type.Integer()) }, async (values) => {
  const doubled = await double.gather(values)
  return doubled.reduce((left, right) => left + right, 0)
})
const wrong = func('wrong', { output: OldType.Integer() }, async () => 'x')

const drivers = new Set()
const logger = { debug: note, info: note, warn: note, error: console.error }

function note({ driver }) {
  if (driver !== undefined) drivers.add(driver)
}

async function main() {
  const options = { functions: [double, sum, wrong], store: process.argv[2], logger }
  const first = new Dispatch(options)
  await first.start()
  const call = await sum.dispatch([1, 2, 3])
  expect(await call.result(), 12)
  const refused = [await failureOf(sum.dispatch(['x'])), await failureOf(double.dispatch(0.5))]
  expect(refused.join(), 'InvalidArgumentError: invalid_argument,InvalidArgumentError: invalid_argument')
  expect(await failureOf((await wrong.dispatch()).result()), 'InvalidResponseError: invalid_response')
  await first.close()

  const second = new Dispatch(options)
  await second.open()
  expect(await second.call(call.id).result(), 12)
  await second.close()
  console.log([...drivers].join())
}

async function failureOf(promise) {
  const error = await promise.catch((reason) => reason)
  return error instanceof DispatchError ? `${error.name}: ${error.status}` : String(error)
}

function expect(got, want) {
  if (got !== want) throw new Error(`expected ${want}, got ${got}`)
}

main()
