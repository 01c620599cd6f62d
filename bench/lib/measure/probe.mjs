import { generateKeyPairSync, sign, verify } from 'node:crypto'
import { open } from 'node:fs/promises'
import { join } from 'node:path'
import { makeScratchFolder } from './scratch.mjs'
import { median } from './stats.mjs'

const SYNCS = 100
const BLOCK = Buffer.alloc(4096, 'x')

/**
 * How long the disk takes to make 4 KiB durable, in milliseconds: the median. Every latency below contains it, and a busy
 * neighbour makes it ten times as long.
 */
export async function probeSync() {
  const file = await open(join(makeScratchFolder(), 'probe'), 'w')
  const times = []
  for (let sync = 0; sync < SYNCS; sync++) {
    const startedMs = performance.now()
    await file.write(BLOCK)
    await file.datasync()
    times.push(performance.now() - startedMs)
  }
  await file.close()
  return median(times)
}

/** Values that a piece of work encodes and decodes. */
const VALUES = 2_000
const PIECES = 9

/** What {@link probeCpu} said on the days when the targets were set, in milliseconds. */
export const TARGETS_PROBE_MS = 2.4

/**
 * How long a fixed piece of work takes on one core, in milliseconds: the median. A machine that shares its cores with others
 * is not always as fast, and the CPU time of everything below moves with this.
 */
export function probeCpu() {
  const value = { id: '0198f0c2-1c1c-7000-8000-000000000000', cents: 500, items: ['chair', 'mat'], at: 1.5 }
  const times = []
  for (let piece = 0; piece < PIECES; piece++) {
    const startedMs = performance.now()
    for (let index = 0; index < VALUES; index++) JSON.parse(JSON.stringify(value))
    times.push(performance.now() - startedMs)
  }
  return median(times)
}

const SIGNATURES = 500

/** What it takes to make and to verify one Ed25519 signature over 300 bytes, in microseconds: what signed runs cost at least. */
export function signatureMicros() {
  const { privateKey, publicKey } = generateKeyPairSync('ed25519')
  const data = Buffer.alloc(300, 'x')
  const startedMs = performance.now()
  for (let n = 0; n < SIGNATURES; n++) verify(null, data, publicKey, sign(null, data, privateKey))
  return ((performance.now() - startedMs) / SIGNATURES) * 1000
}
