// Packs every package as it would be published, and uses the tarballs as strangers would: each row of the table is a
// program that is really run, in a folder outside of the workspace.
//
//   node checks/consumers/main.mjs [words…] [--no-skip]
//
// Words select the rows whose group and name contain one of them. With --no-skip, which is how CI runs it, a row that
// cannot be run counts as failed.
import { mkdirSync, mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { parseArgs } from 'node:util'
import { GROUPS } from './groups/index.mjs'
import { packAll } from './lib/packages.mjs'
import { report } from './lib/report.mjs'

const { values, positionals: words } = parseArgs({
  allowPositionals: true,
  options: { 'no-skip': { type: 'boolean', default: false }, keep: { type: 'boolean', default: false } },
})
const isSelected = (group, row) =>
  words.length === 0 || words.some((word) => `${group.name}: ${row.name}`.includes(word))

const work = mkdtempSync(join(tmpdir(), 'dispatch-consumers-'))
const results = report({ isSkipFailure: values['no-skip'] })
try {
  const tarballs = await packAll(work)
  for (const group of GROUPS) {
    const steps = group.steps.map((rows) => rows.filter((row) => isSelected(group, row)))
    if (steps.flat().length === 0) continue
    const folder = join(work, group.name.replaceAll(' ', '-'))
    mkdirSync(folder)
    results.group(group.name)
    const isPrepared = await results.prepare(() => group.prepare?.({ folder, tarballs }))
    for (const rows of steps) await results.rows(rows, isPrepared && { folder, tarballs })
  }
} finally {
  if (values.keep) console.log(work)
  else rmSync(work, { recursive: true, force: true })
}
process.exitCode = results.end()
