import t from 'tap'
import { Turns } from '../../../dist/kernel/limits/round-robin.js'

t.test('takes out the one that has waited longest, each once', async (t) => {
  const turns = new Turns<string>()
  for (const name of ['a', 'b', 'a', 'c']) turns.add(name)
  t.strictSame([turns.size, turns.take(), turns.take()], [3, 'a', 'b'])
  turns.add('a')
  t.strictSame([turns.take(), turns.take(), turns.take(), turns.size], ['c', 'a', undefined, 0])
  turns.add('d')
  t.equal(turns.take(), 'd', 'after it was empty')
})

t.test('who leaves is not taken, and comes last when it comes again', async (t) => {
  const turns = new Turns<string>()
  for (const name of ['a', 'b', 'c']) turns.add(name)
  turns.delete('a')
  turns.delete('b')
  turns.add('a')
  t.strictSame([turns.take(), turns.take(), turns.take()], ['c', 'a', undefined])
})

t.test('agrees with a list, whatever is done', async (t) => {
  let seed = 7
  const roll = (below: number): number => {
    seed = (seed * 1_103_515_245 + 12_345) % 2 ** 31
    return Math.floor((seed / 2 ** 31) * below)
  }
  const turns = new Turns<number>()
  const list: number[] = []
  const differing: number[] = []
  for (let step = 0; step < 20_000; step += 1) {
    const item = roll(50)
    const at = list.indexOf(item)
    const kind = roll(step % 2_000 < 1_000 ? 4 : 2)
    if (kind === 0) {
      if (turns.take() !== list.shift()) differing.push(step)
    } else if (kind === 1) {
      turns.delete(item)
      if (at >= 0) list.splice(at, 1)
    } else {
      turns.add(item)
      if (at < 0) list.push(item)
    }
    if (turns.size !== list.length) differing.push(step)
  }
  t.strictSame(differing, [])
})
