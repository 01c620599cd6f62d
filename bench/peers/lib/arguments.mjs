import { GROUPS } from './contenders.mjs'

/** Fewer say nothing about the spread. */
const ROUNDS_DEFAULT = 3

/**
 * The command line: `--only bullmq,dispatch`, `--quick` (tiny counts, one round), `--rounds=5`.
 *
 * @param {readonly string[]} args
 * @throws {TypeError} Naming the argument and what is expected.
 */
export function parsePeerArguments(args) {
  const parsed = { isQuick: false, rounds: ROUNDS_DEFAULT, groups: GROUPS }
  const left = args.flatMap((arg) =>
    arg.startsWith('--only=') ? ['--only', arg.slice('--only='.length)] : [arg],
  )
  while (left.length > 0) {
    const arg = left.shift() ?? ''
    if (arg === '--quick') parsed.isQuick = true
    else if (arg === '--only') parsed.groups = parseGroups(left.shift() ?? '')
    else if (/^--rounds=[1-9]\d*$/.test(arg)) parsed.rounds = Number(arg.slice('--rounds='.length))
    else throw new TypeError(`${arg}: expected --only <names>, --quick or --rounds=<count>`)
  }
  return { ...parsed, rounds: parsed.isQuick ? 1 : parsed.rounds }
}

function parseGroups(text) {
  const groups = text.split(',')
  const unknown = groups.find((group) => !GROUPS.includes(group))
  if (unknown === undefined) return groups
  throw new TypeError(`--only ${text}: expected some of ${GROUPS.join(', ')}, separated by commas`)
}
