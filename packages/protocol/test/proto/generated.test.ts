import { execFile } from 'node:child_process'
import { join } from 'node:path'
import { promisify } from 'node:util'
import t from 'tap'

t.test('src/messages/gen is what the .proto files give', async (t) => {
  const script = join(import.meta.dirname, '../../generate/main.mjs')
  await t.resolves(promisify(execFile)(process.execPath, [script, '--check']))
})
