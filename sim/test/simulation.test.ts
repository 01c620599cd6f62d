import t from 'tap'
import { Simulation } from '../dist/simulation.js'

t.test('a seed makes the same world again, transition by transition', async (t) => {
  const seeds = [3, 7, 19]
  t.plan(seeds.length)
  for (const seed of seeds) {
    const [one, other] = [
      await new Simulation(seed, { isVerbose: true }).run(),
      await new Simulation(seed, { isVerbose: true }).run(),
    ]
    t.strictSame(one, other, `seed ${seed}`)
  }
})

t.test(
  'worlds are rough: schedulers crash, commits fail, answers are lost, and calls still end',
  async (t) => {
    let crashes = 0
    const seen = {
      fails: 0,
      lost: 0,
      deployed: 0,
      changed: 0,
      jumps: 0,
      vanish: 0,
      overload: 0,
      garbled: 0,
      unknown: 0,
      canceled: 0,
      turns: 0,
    }
    for (let seed = 1; seed <= 30; seed += 1) {
      const report = await new Simulation(seed, { isVerbose: true }).run()
      crashes += report.crashes
      const text = report.lines.join('\n')
      seen.fails += text.split('commit fails').length - 1
      seen.lost += text.split('is lost').length - 1
      seen.deployed += text.split('is deployed').length - 1
      seen.changed += text.split('code: one call more').length - 1
      seen.jumps += text.split('the clock jumps').length - 1
      seen.vanish += text.split('vanishes from').length - 1
      seen.overload += text.split('throttles everything').length - 1
      seen.garbled += text.split('is garbled').length - 1
      seen.unknown += text.split('code: without').length - 1
      seen.canceled += text.match(/root\d+\/\S+ is cancelled/g)?.length ?? 0
      seen.turns += text.match(/^ *\S+ run \S+ queued/gm)?.length ?? 0
    }
    t.ok(crashes > 30, `${crashes} crashes`)
    for (const [name, count] of Object.entries(seen)) t.ok(count > 0, `${name}: ${count}`)
  },
)
