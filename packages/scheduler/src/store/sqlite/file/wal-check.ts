import { closeSync, existsSync, fstatSync, openSync, readSync, statSync } from 'node:fs'
import { endianness } from 'node:os'
import { DispatchError } from '@dispatch/protocol'

/** https://www.sqlite.org/fileformat2.html#walformat: a header, then frames, each a header and a page. */
const HEADER_BYTES = 32
const FRAME_HEADER_BYTES = 24
/** Magic number of a log with little-endian checksums. */
const MAGIC_LITTLE_ENDIAN = 0x377f0682
/** Page size assumed when the header cannot be read: SQLite's default for new files. */
const PAGE_BYTES_DEFAULT = 4_096
const FRAMES_PER_READ = 256

type Checksum = readonly [number, number]

/** Contents of a frame or of the header. */
interface Link {
  readonly salt: bigint
  readonly checksum: Checksum
  readonly isCommit: boolean
}

/**
 * Ensures that no commit in the write-ahead log beside `path` is lost to damage.
 *
 * SQLite reads the log up to the first invalid frame, assumes that the commit there was interrupted by a crash, and
 * overwrites the rest. Since every commit is synced before the next begins, valid frames behind it mean damage:
 *
 *  W1 A complete commit behind the first invalid frame, and a frame that continues it, were written before the damage.
 *  W2 The header is synced before the first frame, so frames behind an invalid header were written before the damage.
 *  W3 A log belongs to a database: where that is empty or gone, SQLite would delete the log.
 *
 * Damage in the last commit is not detected: it looks like a commit that was never finished.
 *
 * @throws {DispatchError} `permanent`, without changing anything.
 */
export function assertLogWhole(path: string): void {
  const log = `${path}-wal`
  if (!existsSync(log)) return
  const file = openSync(log, 'r')
  try {
    const bytes = fstatSync(file).size
    if (bytes <= HEADER_BYTES) return
    // W3
    if (!existsSync(path) || statSync(path).size === 0) {
      throw damaged(path, `${log} holds commits, but the file itself is empty or gone`)
    }
    if (holdsLostCommit(file, bytes)) throw damaged(path, `${log} holds commits that can no longer be read`)
  } finally {
    closeSync(file)
  }
}

function damaged(path: string, what: string): DispatchError {
  return new DispatchError(
    'permanent',
    `${path} is damaged: restore it from a backup with the files beside it, or move them all away to start empty (${what})`,
  )
}

function holdsLostCommit(file: number, bytes: number): boolean {
  // Checksums in the other byte order would have to be computed byte by byte.
  if (endianness() !== 'LE') return false
  const headerBytes = Buffer.alloc(HEADER_BYTES)
  readSync(file, headerBytes, 0, HEADER_BYTES, 0)
  const header = wholeHeader(headerBytes)
  const pageBytes = header === undefined ? PAGE_BYTES_DEFAULT : headerBytes.readUInt32BE(8)
  let previous = header
  let isBroken = header === undefined
  for (const frame of framesOf(file, bytes, pageBytes)) {
    const link = linkOf(frame)
    const isOfThisLog = header === undefined || link.salt === header.salt
    const continues = previous !== undefined && link.salt === previous.salt && isNext(previous, frame, link)
    if (isBroken) {
      const isAfterCommit = header === undefined || previous?.isCommit === true // W2, W1
      if (continues && isOfThisLog && isAfterCommit) return true
    } else if (!continues) isBroken = true
    previous = link
  }
  return false
}

function wholeHeader(bytes: Buffer): Link | undefined {
  if (bytes.readUInt32BE(0) !== MAGIC_LITTLE_ENDIAN) return undefined
  const checksum: Checksum = [bytes.readUInt32BE(24), bytes.readUInt32BE(28)]
  const words = new Int32Array(bytes.buffer, bytes.byteOffset, HEADER_BYTES / 4)
  const [first, second] = add([0, 0], words, 0, 6)
  if (first !== checksum[0] || second !== checksum[1]) return undefined
  return { salt: bytes.readBigUInt64BE(16), checksum, isCommit: false }
}

function* framesOf(file: number, bytes: number, pageBytes: number): Generator<Buffer> {
  const frameBytes = FRAME_HEADER_BYTES + pageBytes
  const chunk = Buffer.alloc(FRAMES_PER_READ * frameBytes)
  for (let at = HEADER_BYTES; at + frameBytes <= bytes; ) {
    const read = readSync(file, chunk, 0, chunk.length, at)
    const frames = Math.floor(read / frameBytes)
    if (frames === 0) return
    for (let index = 0; index < frames; index++) {
      yield chunk.subarray(index * frameBytes, (index + 1) * frameBytes)
    }
    at += frames * frameBytes
  }
}

function linkOf(frame: Buffer): Link {
  return {
    salt: frame.readBigUInt64BE(8),
    checksum: [frame.readUInt32BE(16), frame.readUInt32BE(20)],
    // The size of the database after the commit; 0 in all frames of a commit but the last.
    isCommit: frame.readUInt32BE(4) !== 0,
  }
}

/** Whether the frame is valid and continues the previous one. */
function isNext(previous: Link, frame: Buffer, link: Link): boolean {
  const words = new Int32Array(frame.buffer, frame.byteOffset, frame.length / 4)
  const afterHeader = add(previous.checksum, words, 0, 2)
  const [first, second] = add(afterHeader, words, FRAME_HEADER_BYTES / 4, words.length)
  return first === link.checksum[0] && second === link.checksum[1]
}

/** SQLite's running checksum of the words from `from` up to `to`. */
function add(seed: Checksum, words: Int32Array, from: number, to: number): Checksum {
  let [first, second] = seed
  for (let index = from; index < to; index += 2) {
    first = (first + (words[index] as number) + second) | 0
    second = (second + (words[index + 1] as number) + first) | 0
  }
  return [first >>> 0, second >>> 0]
}
