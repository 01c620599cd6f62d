import { Dispatch, func } from '@dispatch/core'
import { createEmbeddedScheduler } from '@dispatch/scheduler'
import t, { type Test } from 'tap'

const double = func('double', async (n: number) => n * 2)
const stringify = func('stringify', async (n: number) => String(n))
const repeat = func('repeat', async ({ text, times }: { text: string; times: number }) => text.repeat(times))

const doubleRepeat = func('doubleRepeat', async (n: number) => {
  const doubled = await double.await(n)
  const text = await stringify.await(doubled)
  return await repeat.await({ text, times: doubled })
})

const sort = func('sort', async (numbers: number[]): Promise<number[]> => {
  if (numbers.length < 2) return numbers
  const middle = Math.floor(numbers.length / 2)
  const [left = [], right = []] = await sort.gather([numbers.slice(0, middle), numbers.slice(middle)])
  return merge(left, right)
})

function merge(left: number[], right: number[]): number[] {
  const merged: number[] = []
  while (left.length > 0 || right.length > 0) {
    const [a, b] = [left[0] ?? Number.POSITIVE_INFINITY, right[0] ?? Number.POSITIVE_INFINITY]
    merged.push((a <= b ? left : right).shift() as number)
  }
  return merged
}

/** A process with these functions and a scheduler that forgets everything in the end. */
async function started(t: Test): Promise<Dispatch> {
  const dispatch = new Dispatch({
    functions: [double, stringify, repeat, doubleRepeat, sort],
    scheduler: createEmbeddedScheduler,
    store: ':memory:',
    env: {},
  })
  t.teardown(() => dispatch.close())
  await dispatch.start()
  return dispatch
}

t.test('T02 a workflow of calls that build on each other', async (t) => {
  const dispatch = await started(t)
  const handle = await dispatch.dispatch(doubleRepeat, 4)
  t.equal(await handle.result({ timeout: '20s' }), '88888888')
})

t.test('T03 a merge sort that calls itself for each half', async (t) => {
  const dispatch = await started(t)
  const cases = [[], [1], [1, 5], [1, 5, 3, 2, 4, 6, 7, 8, 9, 0]]
  t.plan(cases.length)
  for (const numbers of cases) {
    const handle = await dispatch.dispatch(sort, numbers)
    const want = [...numbers].sort((a, b) => a - b)
    t.strictSame(await handle.result({ timeout: '20s' }), want)
  }
})
