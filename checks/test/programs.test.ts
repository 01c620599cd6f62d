import t from 'tap'
import { type Compiled, compileDocuments } from './programs/compile.js'
import { documentsWithPrograms, type Program, typeScriptOf } from './programs/documents.js'
import { execute, freePort, start } from './programs/processes.js'

const DOCUMENTS = documentsWithPrograms()
const PROGRAMS = DOCUMENTS.flatMap((document) => typeScriptOf(document).programs)

/** Documents whose programs serve and have tests of their own. */
const TESTED_ELSEWHERE = [
  'README.md',
  'docs/guide/production.md',
  'docs/guide/stand-alone-scheduler.md',
  'docs/guide/tutorial.md',
]

const LISTENS = /\.listen\(|listenAndServe\(|serveScheduler\(/

/** Programs that serve until they are stopped. One that says what it prints serves itself, and ends. */
const SERVING = PROGRAMS.filter(
  ({ document, source, prints }) =>
    LISTENS.test(source) && (prints === '' || TESTED_ELSEWHERE.includes(document)),
)

/** Programs that respond with a greeting. */
const GREETING = SERVING.filter(({ source }) => source.includes("greet/:name'"))

/** Programs that are test files: they end, and print how long their tests took. */
const TESTING = PROGRAMS.filter(({ source }) => source.includes("from 'node:test'"))

/** Programs that end, and of which the document says what they print. */
const PRINTING = PROGRAMS.filter((program) => !SERVING.includes(program) && !TESTING.includes(program))

/** Programs that run at the same time. */
const JOBS = 2

let compiled: Compiled

t.before(async () => {
  compiled = await compileDocuments('all', DOCUMENTS)
})

t.test('the TypeScript of the documents compiles under strict rules', async (t) => {
  t.ok(PROGRAMS.length >= 12)
  t.equal(compiled.errors, '')
})

t.test('programs that serve greet, or have a test of their own', async (t) => {
  const others = SERVING.filter((program) => !GREETING.includes(program))
  t.strictSame(others.filter(({ document }) => !TESTED_ELSEWHERE.includes(document)).map(nameOf), [])
})

t.test('programs that greet respond with the result', { jobs: JOBS }, async (t) => {
  t.plan(GREETING.length)
  for (const program of GREETING) {
    void t.test(nameOf(program), { buffered: true }, async (t) => {
      const port = await freePort()
      await start(t, compiled.pathOf(program), { PORT: String(port) }, t.testdir())
      const response = await fetch(`http://localhost:${port}/greet/World?wait=30s`, { method: 'POST' })
      t.match(await response.json(), { status: 'ok', output: 'hello World' })
    })
  }
})

t.test('programs print what the document says', { jobs: JOBS }, async (t) => {
  t.plan(PRINTING.length)
  for (const program of PRINTING) {
    void t.test(nameOf(program), { buffered: true }, async (t) => {
      const { code, output } = await run(program, t.testdir())
      t.equal(code, 0, output)
      t.not(program.prints, '', 'the document says what it prints')
      t.equal(output.trim(), program.prints)
      const lines = output.split('\n')
      t.strictSame(
        program.comments.filter((comment) => !lines.includes(comment)),
        [],
      )
    })
  }
})

t.test('test files in the documents pass', { jobs: JOBS }, async (t) => {
  t.plan(TESTING.length)
  for (const program of TESTING) {
    void t.test(nameOf(program), { buffered: true }, async (t) => {
      const { code, output } = await run(program, t.testdir())
      t.equal(code, 0, output)
      t.match(output, /^(# |ℹ )pass [1-9]/m)
    })
  }
})

function run(program: Program, folder: string) {
  return execute(process.execPath, [compiled.pathOf(program)], { cwd: folder, env: {} })
}

function nameOf({ document, index }: Program): string {
  return `program ${index + 1} of ${document}`
}
