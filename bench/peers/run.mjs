// Dispatch beside BullMQ, pg-boss and DBOS: same workloads, same machine, same run. Writes RESULTS.md.
//
//   node bench/peers/run.mjs
//   --only bullmq,dispatch     some of them; writes nothing
//   --quick                    tiny counts: shows that they work, measures nothing, writes nothing
//   --rounds=5                 turns of each; default 3
import { writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { describeMachine } from '../lib/measure/machine.mjs'
import { removeScratch } from '../lib/measure/scratch.mjs'
import { describeVersions } from '../lib/measure/versions.mjs'
import { parsePeerArguments } from './lib/arguments.mjs'
import { CONTENDERS, GROUPS } from './lib/contenders.mjs'
import { installPeers, refusalOf, versionOf } from './lib/install.mjs'
import { PEERS } from './lib/places.mjs'
import { peersDocument, printTables } from './lib/report.mjs'
import { stopServers } from './lib/server-process.mjs'
import { createServers } from './lib/servers.mjs'
import { takeTurn } from './lib/turn.mjs'

const args = process.argv.slice(2)
const { groups, isQuick, rounds } = parsePeerArguments(args)
const servers = createServers()
/** @type {Promise<void> | undefined} */
let ending

process.once('SIGINT', () => end(130))
process.once('SIGTERM', () => end(143))
process.once('SIGHUP', () => end(129))
try {
  await main()
  await end(0)
} catch (error) {
  // What fails because the servers are gone is no news.
  if (ending === undefined) console.error(error)
  await end(1)
}

async function main() {
  const { contenders, skipped } = chosen()
  const names = contenders.map(({ name }) => name)
  const facts = [...describeMachine(), ...describeVersions(), ...peerVersions(contenders)]
  for (const fact of facts) console.log(fact)
  const turns = await takeTurns(contenders)
  printTables(names, turns)
  for (const line of skipped) console.log(`\nSKIPPED: ${line}`)
  if (isQuick || groups.length < GROUPS.length) return
  const command = ['node bench/peers/run.mjs', ...args].join(' ')
  const text = peersDocument({ contenders: names, turns, facts, skipped, command, date: new Date() })
  writeFileSync(join(PEERS, 'RESULTS.md'), text)
  console.log('\nbench/peers/RESULTS.md is written')
}

/** @param {readonly import('./lib/contenders.mjs').Contender[]} contenders */
async function takeTurns(contenders) {
  const turns = []
  for (let round = 0; round < rounds; round++) {
    // Each round starts with another contender, so that none always follows the same one.
    const order = contenders.map((_, index) => contenders[(index + round) % contenders.length])
    for (const contender of order) {
      const startedMs = performance.now()
      turns.push(await takeTurn(contender, servers.start, { isQuick }))
      const seconds = ((performance.now() - startedMs) / 1000).toFixed(0)
      console.log(`round ${round + 1} of ${rounds}: ${contender.name}, ${seconds} s`)
    }
  }
  return turns
}

/** Stops the servers, removes what they have written, and ends; the first caller sets the exit code. */
async function end(code) {
  ending ??= (async () => {
    await stopServers()
    removeScratch()
    process.exit(code)
  })()
  await ending
}

/** Those that were asked for and can run here; of the others, why not. */
function chosen() {
  const wanted = CONTENDERS.filter(({ group }) => groups.includes(group))
  installPeers(wanted.flatMap(({ dependency }) => dependency ?? []))
  /** @type {string[]} */
  const skipped = []
  const contenders = wanted.filter(({ name, dependency, server }) => {
    const why = (dependency && refusalOf(dependency)) ?? servers.refusalOf(server)
    if (why !== undefined) skipped.push(`${name}: ${why}`)
    return why === undefined
  })
  for (const line of skipped) console.log(`SKIPPED: ${line}`)
  if (contenders.length === 0) throw new Error('nothing left to measure')
  return { contenders, skipped }
}

/** @param {readonly import('./lib/contenders.mjs').Contender[]} contenders */
function peerVersions(contenders) {
  const dependencies = new Set(contenders.flatMap(({ dependency }) => dependency ?? []))
  const versions = [...[...dependencies].map(versionOf), ...servers.versions()]
  return versions.length === 0 ? [] : [`peers: ${versions.join(', ')}`]
}
