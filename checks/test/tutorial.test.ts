import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import t from 'tap'
import { ROOT } from './docs-of-the-repository.js'
import { compileDocuments } from './programs/compile.js'
import { blocksOf, programsOf } from './programs/documents.js'
import { commandsOf, Reader } from './programs/transcript.js'

const TUTORIAL = 'docs/guide/tutorial.md'

/** Where the programs listen when they are started as the tutorial says. */
const PORTS: Record<string, string> = { 'app.ts': '3000', 'mail-server.ts': '3001' }

t.test('the commands of the tutorial print what it shows', async (t) => {
  const programs = programsOf(TUTORIAL)
  const compiled = await compileDocuments('tutorial', [TUTORIAL])
  t.equal(compiled.errors, '')
  const reader = new Reader(t)
  const env = { MAIL_URL: `http://localhost:${await reader.port('3001')}` }
  /** The compiled file of the last program of that name. */
  const saved = new Map<string, string>()
  let [next = 0, commands] = [0, 0]
  for (const { language, text } of blocksOf(readFileSync(join(ROOT, TUTORIAL), 'utf8'))) {
    if (language === 'ts') {
      const program = programs[next]
      next += 1
      const [, name = ''] = /^\/\/ (\S+)$/m.exec(text) ?? []
      if (program !== undefined) saved.set(name, compiled.pathOf(program))
    }
    if (language !== 'console') continue
    for (const one of commandsOf(text)) {
      commands += 1
      const [, name] = /^npx tsx (\S+)$/.exec(one.command) ?? []
      if (name === undefined) await reader.curl(one)
      else
        await reader.start(name, saved.get(name) ?? '', { port: PORTS[name] ?? '', env, prints: one.prints })
    }
  }
  t.equal(next, programs.length)
  t.ok(commands > 12)
})
