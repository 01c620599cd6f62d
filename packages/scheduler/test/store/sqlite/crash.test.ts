import assert from 'node:assert/strict'
import { type ChildProcess, spawn, spawnSync } from 'node:child_process'
import { once } from 'node:events'
import { join } from 'node:path'
import { createInterface } from 'node:readline'
import { fileURLToPath } from 'node:url'
import { createSqliteStore } from '@dispatch/scheduler'
import t from 'tap'
import { bytes, call, insert, load } from '../../helpers/store-records.js'
import { openSqlite } from './sqlite-file.js'

const PROGRAM = fileURLToPath(new URL('./write-until-killed.js', import.meta.url))

const hasLimits = spawnSync('prlimit', ['--version']).status === 0

// EFBIG, which SQLite handles like a failing disk or a quota: it rolls the transaction back.
t.test('1 nothing is left of a commit that the disk stops in the middle', { skip: !hasLimits }, (t) => {
  const program = fileURLToPath(new URL('./small-disk.js', import.meta.url))
  const path = join(t.testdir(), 'dispatch.db')
  const { stdout } = spawnSync(process.execPath, [program, path], { encoding: 'utf8' })
  t.match(JSON.parse(stdout), { first: /^temporary .*the disk failed/, left: [], again: 'done' })
  t.equal(JSON.parse(stdout).left.length, 0)
  t.end()
})

t.test('every acknowledged commit survives SIGKILL, and none is there in part', async (t) => {
  const path = join(t.testdir(), 'dispatch.db')
  let batches = 0
  for (const acknowledgements of [1, 2, 5, 20, 60]) {
    batches = await killAfter(path, batches, acknowledgements)
    const file = openSqlite(path)
    t.strictSame(file.prepare('PRAGMA integrity_check').all([]), [['ok']])
    file.close()
    batches = await checkedBatches(path, batches)
  }
  t.ok(batches >= 88)
})

t.test('a second opener is refused, with the holder of the store and the fix in the message', async (t) => {
  const path = join(t.testdir(), 'dispatch.db')
  const { process: holder } = await startProgram(path, 'hold')
  t.teardown(() => holder.kill('SIGKILL'))
  const store = createSqliteStore({ path })
  await t.rejects(store.open(), {
    status: 'permanent',
    message: `${path} is open in another process (pid ${holder.pid}); run one scheduler per file: start a stand-alone scheduler and set DISPATCH_API_URL, or give this process its own file with DISPATCH_STORE`,
  })
  await t.rejects(store.open(), { status: 'permanent', message: /is open in/ }, 'however often it tries')
})

t.test('a killed holder does not prevent the next one from opening', async (t) => {
  const path = join(t.testdir(), 'dispatch.db')
  const { process: holder } = await startProgram(path, 'hold')
  const store = createSqliteStore({ path })
  await t.rejects(store.open())
  holder.kill('SIGKILL')
  await once(holder, 'exit')
  await store.open()
  await store.commit([insert(call('a'))])
  await store.close()
})

t.test('two stores of one process cannot have one file either', async (t) => {
  const path = join(t.testdir(), 'dispatch.db')
  const [first, second] = [createSqliteStore({ path }), createSqliteStore({ path })]
  await first.open()
  await t.rejects(second.open(), { status: 'permanent', message: /is open in this process already/ })
  await first.commit([insert(call('a'))])
  await first.close()
  await second.open()
  t.same([...(await second.existing(['a'])).keys()], ['a'])
  await second.close()
})

t.test('the lock holds after a second opener of the same process was refused', async (t) => {
  const path = join(t.testdir(), 'dispatch.db')
  const [first, second] = [createSqliteStore({ path }), createSqliteStore({ path })]
  await first.open()
  t.teardown(() => first.close())
  await t.rejects(second.open())
  const exitCode = await exitCodeOf(spawnProgram(path, 'hold'))
  t.equal(exitCode, 1)
})

t.test('a process exits although its store is open', async (t) => {
  const path = join(t.testdir(), 'dispatch.db')
  const program = spawnProgram(path, 'leave')
  t.equal(await exitCodeOf(program), 0)
  const store = createSqliteStore({ path })
  await store.open()
  t.same([...(await store.existing(['a'])).keys()], ['a'])
  await store.close()
})

t.test('a process that exits during a commit keeps its exit code', async (t) => {
  t.equal(await exitCodeOf(spawnProgram(join(t.testdir(), 'dispatch.db'), 'exit', 10)), 3)
})

interface StartedProgram {
  readonly process: ChildProcess
  readonly lines: AsyncIterator<string>
}

async function startProgram(path: string, mode: string, firstBatch = 0): Promise<StartedProgram> {
  const program = spawn(process.execPath, [PROGRAM, path, mode, String(firstBatch)], {
    stdio: ['ignore', 'pipe', 'inherit'],
  })
  const lines = createInterface({ input: program.stdout })[Symbol.asyncIterator]()
  assert.equal((await lines.next()).value, 'open')
  return { process: program, lines }
}

/** Lets the program commit from this batch on, kills it; resolves with the number of batches acknowledged so far. */
async function killAfter(path: string, firstBatch: number, acknowledgements: number): Promise<number> {
  const program = await startProgram(path, 'commit', firstBatch)
  const exited = once(program.process, 'exit')
  let acknowledged = firstBatch
  for (;;) {
    const line = await program.lines.next()
    if (line.done) break
    assert.equal(line.value, String(acknowledged))
    acknowledged++
    if (acknowledged >= firstBatch + acknowledgements) program.process.kill('SIGKILL')
  }
  await exited
  return acknowledged
}

/**
 * Checks that all acknowledged batches are there in full, and that a further one, if there is one, is so too.
 * Resolves with their number.
 */
async function checkedBatches(path: string, acknowledged: number): Promise<number> {
  const store = createSqliteStore({ path })
  await store.open()
  const { calls } = await load(store)
  const batches = calls.length / 2
  // The commit under way at the kill may have become durable without having been acknowledged.
  assert.ok(
    batches === acknowledged || batches === acknowledged + 1,
    `${acknowledged} acknowledged, ${batches} there`,
  )
  for (let batch = 0; batch < batches; batch++) {
    const isLast = batch === batches - 1
    assert.deepEqual(calls[2 * batch], call(`call-${batch}`, isLast ? {} : { polls: 1 }))
    assert.deepEqual(calls[2 * batch + 1], call(`call-${batch}/large`))
    const [small, large] = await store.readPayloads([`call-${batch}`, `call-${batch}/large`])
    assert.deepEqual(small, {
      input: bytes(100),
      state: isLast ? undefined : bytes(5_000),
      result: undefined,
    })
    assert.deepEqual(large?.input, bytes(20_000))
    const entries = isLast ? [] : [{ ordinals: [1], entry: bytes(50) }]
    assert.deepEqual(await store.readJournal(`call-${batch}`, 0), entries)
  }
  await store.close()
  return batches
}

function spawnProgram(path: string, mode: string, argument = 0): ChildProcess {
  return spawn(process.execPath, [PROGRAM, path, mode, String(argument)], { stdio: 'ignore' })
}

async function exitCodeOf(program: ChildProcess): Promise<number | null> {
  const [code] = await once(program, 'exit')
  return code
}
