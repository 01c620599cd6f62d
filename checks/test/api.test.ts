import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import { generateApi } from '@dispatch/sources/api'
import t from 'tap'
import { ROOT, WRITE_DOCS } from './docs-of-the-repository.js'

const API = readFileSync(join(ROOT, 'docs/reference/api.md'), 'utf8')

t.test('docs/reference/api.md is up to date with the types', async (t) => {
  t.equal(API, generateApi(ROOT), WRITE_DOCS)
})

t.test('defaults of the API reference are those of docs/reference/limits.md', async (t) => {
  const limits = readFileSync(join(ROOT, 'docs/reference/limits.md'), 'utf8')
  const values = [
    ...limits.matchAll(
      /^\| [^|]+ \| ([\d ]+) \| [^|]* \| `(\w+)`(| of `Dispatch`| of the scheduler| of `Dispatch` and of the scheduler) \|/gm,
    ),
  ]
  t.ok(values.length > 15, 'the limits with an option were found')
  const wrong = values.flatMap(([, value = '', option = '', owner = '']) =>
    defaultsOf(option, owner)
      .filter((found) => found !== value)
      .map((found) => `${option}${owner}: ${found} instead of ${value}`),
  )
  t.strictSame(wrong, [])
  t.strictSame(
    values
      .map(([, , option = '', owner = '']) => ({ option, owner }))
      .filter(({ option, owner }) => defaultsOf(option, owner).length === 0),
    [],
  )
})

/** Defaults of the options with this name, in the sections of `Dispatch`, of the scheduler, or both. */
function defaultsOf(option: string, owner: string): string[] {
  const [process = '', scheduler = ''] = API.split('\n## Scheduler\n')
  const text = owner === ' of `Dispatch`' ? process : owner === ' of the scheduler' ? scheduler : API
  return [...text.matchAll(new RegExp(`^\\| \`${option}\` \\| [^|]+ \\| ([^|]+) \\|`, 'gm'))].map(
    ([, value = '']) => value,
  )
}
