import { readFileSync } from 'node:fs'
import { fileURLToPath } from 'node:url'
import t from 'tap'
import { drawing } from '../dist/adaptive/drawing.js'

const COMMITTED = fileURLToPath(new URL('../../docs/understand/adaptive-concurrency.svg', import.meta.url))

t.test('the figure in the docs shows the current limit (update it with npm run curve)', async (t) => {
  t.ok(drawing() === readFileSync(COMMITTED, 'utf8'))
})
