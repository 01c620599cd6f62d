import t from 'tap'
import {
  beginRebuild,
  beginRun,
  type End,
  endLife,
  FRESH,
  type Life,
  resumeSelf,
  suspendRun,
} from '../../../dist/coroutine/life/life.js'

const START = { nowMs: 5, stepsBefore: 1, fired: [2], pollError: undefined }
const RUNNING = beginRun(FRESH, START)
const SUSPENDED = suspendRun(RUNNING).life

const LIVES: Readonly<Record<Life['state'], Life>> = {
  fresh: FRESH,
  rebuilding: beginRebuild(FRESH),
  running: RUNNING,
  suspended: SUSPENDED,
  self_resumed: resumeSelf(SUSPENDED),
  ended: endLife(FRESH, { kind: 'returned', value: 1 }),
}

/** Each transition with the states that it starts from, and the state it leads to. */
const TRANSITIONS: readonly {
  name: string
  go: (life: Life) => Life
  from: readonly Life['state'][]
  to: Life['state']
}[] = [
  { name: 'beginRebuild', go: beginRebuild, from: ['fresh'], to: 'rebuilding' },
  {
    name: 'beginRun',
    go: (life) => beginRun(life, START),
    from: ['fresh', 'rebuilding', 'suspended', 'self_resumed'],
    to: 'running',
  },
  { name: 'suspendRun', go: (life) => suspendRun(life).life, from: ['running'], to: 'suspended' },
  { name: 'resumeSelf', go: resumeSelf, from: ['suspended'], to: 'self_resumed' },
]

/** The state that a transition leads to, or the message of the error that it throws. */
function outcomeOf(go: (life: Life) => Life, life: Life): string {
  try {
    return go(life).state
  } catch (error) {
    return (error as Error).message
  }
}

t.test('a transition starts from its states and throws in any other', async (t) => {
  const lives = Object.values(LIVES).filter(({ state }) => state !== 'ended')
  t.plan(TRANSITIONS.length * lives.length)
  for (const { name, go, from, to } of TRANSITIONS) {
    for (const life of lives) {
      const refusal = `coroutine: expected state ${from.join(' or ')}, got ${life.state}`
      t.equal(outcomeOf(go, life), from.includes(life.state) ? to : refusal, `${name} from ${life.state}`)
    }
  }
})

t.test('a run of a handler that has ended between two runs changes nothing', async (t) => {
  t.equal(beginRun(LIVES.ended, START), LIVES.ended)
})

t.test('the end of a run returns how it began', async (t) => {
  t.match(suspendRun(RUNNING).start, START)
})

const ENDS: readonly End[] = [
  { kind: 'returned', value: 1 },
  { kind: 'threw', error: new Error('boo') },
  { kind: 'incompatible', message: 'changed' },
  { kind: 'aborted', reason: 'shutdown' },
  { kind: 'discarded' },
]

t.test('every state ends', async (t) => {
  const open = Object.values(LIVES).filter(({ state }) => state !== 'ended')
  t.plan(open.length * ENDS.length)
  for (const life of open) for (const end of ENDS) t.strictSame(endLife(life, end), { state: 'ended', end })
})

/** Ends that replace one another, by the kind of the first. */
const REPLACING: Readonly<Record<End['kind'], readonly End['kind'][]>> = {
  returned: ['threw', 'incompatible', 'aborted', 'discarded'],
  threw: ['incompatible', 'aborted', 'discarded'],
  incompatible: ['aborted', 'discarded'],
  aborted: ['discarded'],
  discarded: [],
}

t.test(
  'an end from outside replaces that of the handler, and a discarded coroutine stays discarded',
  async (t) => {
    t.plan(ENDS.length)
    for (const first of ENDS) {
      const life = endLife(FRESH, first)
      const replacing = ENDS.filter((end) => endLife(life, end) !== life).map(({ kind }) => kind)
      t.strictSame(replacing, REPLACING[first.kind], first.kind)
    }
  },
)
