import t from 'tap'
import { FairQueue, type Queueable } from '../../../dist/kernel/limits/fair-queue.js'

function item(name: string, rootId: string, tenant = ''): Queueable & { name: string } {
  return { name, rootId, tenant, nextQueued: undefined, nextTree: undefined, isQueued: false }
}

function drain(queue: FairQueue<Queueable & { name: string }>): string[] {
  const names: string[] = []
  for (let next = queue.shift(); next !== undefined; next = queue.shift()) names.push(next.name)
  return names
}

t.test('trees are served round robin, and items of one tree in their order', async (t) => {
  const queue = new FairQueue<Queueable & { name: string }>()
  for (const name of ['a1', 'a2', 'a3']) queue.push(item(name, 'a'))
  queue.push(item('b1', 'b'))
  queue.push(item('c1', 'c'))
  queue.push(item('c2', 'c'))
  t.strictSame(drain(queue), ['a1', 'b1', 'c1', 'a2', 'c2', 'a3'])
  t.equal(queue.size, 0)
})

t.test('tenants are served round robin, and within them their trees', async (t) => {
  const queue = new FairQueue<Queueable & { name: string }>()
  for (const name of ['x1', 'x2', 'x3', 'x4']) queue.push(item(name, name, 'x'))
  queue.push(item('y1', 'y1', 'y'))
  queue.push(item('y2', 'y2', 'y'))
  t.strictSame(drain(queue), ['x1', 'y1', 'x2', 'y2', 'x3', 'x4'])
})

t.test('a withdrawn item is not served, and can be queued again', async (t) => {
  const queue = new FairQueue<Queueable & { name: string }>()
  const a = item('a', 'r')
  queue.push(a)
  queue.push(item('b', 'r'))
  queue.push(item('c', 's'))
  queue.withdraw(a)
  t.equal(queue.size, 2)
  t.strictSame(drain(queue), ['b', 'c'])
  queue.push(a)
  t.strictSame(drain(queue), ['a'])
})

t.test('a new tree waits for one round', async (t) => {
  const queue = new FairQueue<Queueable & { name: string }>()
  for (const name of ['a1', 'a2']) queue.push(item(name, 'a', 'x'))
  queue.push(item('b1', 'b', 'x'))
  t.equal(queue.shift()?.name, 'a1')
  queue.push(item('c1', 'c', 'x'))
  queue.push(item('d1', 'd', 'y'))
  queue.push(item('b2', 'b', 'x'))
  t.strictSame(drain(queue), ['b1', 'd1', 'a2', 'c1', 'b2'])
  queue.push(item('e1', 'e', 'y'))
  t.strictSame(drain(queue), ['e1'])
})

t.test('50,000 tenants are served in time linear in their number', async (t) => {
  const queue = new FairQueue<Queueable & { name: string }>()
  for (let n = 0; n < 100_000; n += 1) queue.push(item(`${n}`, `${n}`, `tenant ${n % 50_000}`))
  t.equal(drain(queue).at(-1), '99999')
})

t.test('a withdrawn item does not cost its tree a turn', async (t) => {
  const queue = new FairQueue<Queueable & { name: string }>()
  const gone = Array.from({ length: 1_000 }, (_, index) => item(`gone ${index}`, 'a'))
  for (const each of gone) queue.push(each)
  for (const name of ['b1', 'b2', 'b3']) queue.push(item(name, 'b'))
  queue.push(item('c1', 'c', 'another tenant'))
  for (const each of gone) queue.withdraw(each)
  queue.push(item('a1', 'a'))
  t.strictSame(drain(queue), ['a1', 'c1', 'b1', 'b2', 'b3'])
})

t.test('no reference to withdrawn items is kept when none is left', async (t) => {
  const queue = new FairQueue<Queueable & { name: string }>()
  const items = ['a', 'a', 'b', 'c'].map((rootId, index) => item(String(index), rootId, rootId))
  for (const each of items) queue.push(each)
  for (const each of items) queue.withdraw(each)
  t.ok(items.every(({ nextQueued, nextTree }) => nextQueued === undefined && nextTree === undefined))
  queue.push(items[3] as (typeof items)[0])
  t.strictSame(drain(queue), ['3'])
})

t.test('200,000 trees are queued and served in time linear in their number', async (t) => {
  const queue = new FairQueue<Queueable & { name: string }>()
  for (let n = 0; n < 200_000; n += 1) queue.push(item(`${n}`, `${n}`))
  t.equal(drain(queue).length, 200_000)
})
