import t from 'tap'
import { parseByteSequences } from '../../dist/signature/byte-sequences.js'

const CASES: { name: string; header: string; want: Record<string, string | undefined> | undefined }[] = [
  { name: 'one', header: 'a=:c2ln:', want: { a: '736967' } },
  { name: 'one with padding', header: 'a=:cw==:', want: { a: '73' } },
  { name: 'an empty one', header: 'a=::', want: { a: '' } },
  { name: 'one without padding, which the parser takes', header: 'a=:cw:', want: { a: '73' } },
  { name: 'one with parameters', header: 'a=:c2ln:;b=1', want: { a: '736967' } },
  { name: 'several', header: 'a=:c2ln:, b=:cw==:', want: { a: '736967', b: '73' } },
  { name: 'the last of two with one name', header: 'a=:c2ln:, a=:cw==:', want: { a: '73' } },
  {
    name: 'something else',
    header: 'a=1, b=:cw==:, c=(:cw==:), d',
    want: { a: undefined, b: '73', c: undefined, d: undefined },
  },
  { name: 'nothing', header: '', want: {} },
  { name: 'no base64', header: 'a=:c2l-:', want: undefined },
  { name: 'no end', header: 'a=:c2ln', want: undefined },
  { name: 'a name in capitals', header: 'A=:c2ln:', want: undefined },
  { name: 'more after it', header: 'a=:c2ln:x', want: undefined },
]

for (const { name, header, want } of CASES) {
  t.test(`${name}: ${header}`, async (t) => {
    const members = parseByteSequences(header)
    const hex = members && Object.fromEntries([...members].map(([key, bytes]) => [key, hexOf(bytes)]))
    t.strictSame(hex, want)
  })
}

function hexOf(bytes: Uint8Array | undefined): string | undefined {
  return bytes && Buffer.from(bytes).toString('hex')
}
