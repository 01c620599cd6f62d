import t from 'tap'
import { type Compiled, compilePrograms } from './programs/compile.js'
import { documentsWithPrograms, type Program, programsOf } from './programs/documents.js'
import { execute, freePort, start } from './programs/processes.js'

const PROGRAMS = documentsWithPrograms().flatMap(programsOf)

/** Programs that serve until they are stopped. Those of the README and of the tutorial have tests of their own. */
const SERVING = PROGRAMS.filter(({ source }) => /\.listen\(|listenAndServe\(|serveScheduler\(/.test(source))

/** Programs that answer with a greeting. */
const GREETING = SERVING.filter(({ source }) => source.includes("'/greet/:name'"))

/** Programs that end, and of which the document says what they print. */
const PRINTING = PROGRAMS.filter((program) => !SERVING.includes(program))

let compiled: Compiled

t.before(async () => {
  compiled = await compilePrograms('all', PROGRAMS)
})

t.test('the programs of the documents compile under strict rules', async (t) => {
  t.ok(PROGRAMS.length >= 12)
  t.equal(compiled.errors, '')
})

t.test('programs with an adapter respond with the result', async (t) => {
  t.ok(GREETING.length >= 4)
  for (const program of GREETING) {
    await t.test(nameOf(program), async (t) => {
      const port = await freePort()
      await start(t, compiled.pathOf(program), { PORT: String(port) }, t.testdir())
      const response = await fetch(`http://localhost:${port}/greet/World?wait=30s`, { method: 'POST' })
      t.match(await response.json(), { status: 'ok', output: 'hello World' })
    })
  }
})

t.test('programs print what the document says', async (t) => {
  t.plan(PRINTING.length)
  for (const program of PRINTING) {
    // One after the other, in one folder: what a program has left there is removed.
    await t.test(nameOf(program), async (t) => {
      const path = compiled.pathOf(program)
      const { code, output } = await execute(process.execPath, [path], { cwd: t.testdir(), env: {} })
      t.equal(code, 0, output)
      t.not(program.prints, '', 'the document says what it prints')
      t.equal(output.trim(), program.prints)
    })
  }
})

function nameOf({ document, index }: Program): string {
  return `program ${index + 1} of ${document}`
}
