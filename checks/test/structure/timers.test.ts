import { readFileSync } from 'node:fs'
import { dirname, join, relative, resolve } from 'node:path'
import { fileURLToPath } from 'node:url'
import { sourceFilesIn } from '@dispatch/sources'
import t from 'tap'

const ROOT = resolve(dirname(fileURLToPath(import.meta.url)), '../../..')

/** The thread of the store has globals of its own, which no test tool reaches. */
const OWN_GLOBALS = ['packages/scheduler/src/store/sqlite/thread/worker.ts']
/** A date given by the user is compared with the clock of the user. */
const CLOCK_OF_THE_USER = ['packages/core/src/functions/time-from-now.ts']
const SYSTEM_TIME = 'packages/protocol/src/time/system-time.ts'

const CLOCK = /\bDate\.now\b|\bperformance\.now\b|\bnew Date\(\)|'node:timers/
const TIMER = /(?<![.\w])(?:setTimeout|setInterval|setImmediate|queueMicrotask)\(/
const IMPORT = /from '(?:@dispatch\/protocol\/time|\.[./]*\/time\/system-time\.js)'/

t.test('timers and clocks come from one file, which test tools do not reach', async (t) => {
  const files = ['protocol', 'core', 'scheduler', 'fastify', 'express']
    .flatMap((name) => sourceFilesIn(join(ROOT, 'packages', name, 'src')))
    .map((path) => ({ path: relative(ROOT, path), text: withoutComments(readFileSync(path, 'utf8')) }))
    .filter(
      ({ path }) => path !== SYSTEM_TIME && !OWN_GLOBALS.includes(path) && !CLOCK_OF_THE_USER.includes(path),
    )
  t.ok(files.length > 150, 'the sources were found')
  const wrong = files.filter(({ text }) => CLOCK.test(text) || (TIMER.test(text) && !IMPORT.test(text)))
  t.strictSame(
    wrong.map(({ path }) => path),
    [],
    'import them from @dispatch/protocol/time',
  )
})

function withoutComments(text: string): string {
  return text.replace(/\/\*[\s\S]*?\*\/|\/\/.*$/gm, '')
}
