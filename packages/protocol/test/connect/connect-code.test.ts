import { codeOfStatus } from '@dispatch/protocol'
import { CONNECT_CODES, type ConnectCode } from '@dispatch/protocol/connect'
import t from 'tap'

t.test('R17 a Connect code has one status, in every SDK', async (t) => {
  const want: Record<ConnectCode, number> = {
    ...{
      canceled: 2,
      unknown: 6,
      invalid_argument: 4,
      deadline_exceeded: 2,
      not_found: 15,
      already_exists: 7,
    },
    ...{ permission_denied: 14, resource_exhausted: 3, failed_precondition: 7, aborted: 7, out_of_range: 4 },
    ...{ unimplemented: 15, internal: 6, unavailable: 6, data_loss: 7, unauthenticated: 13 },
  }
  const codes = Object.keys(CONNECT_CODES) as ConnectCode[]
  t.strictSame(
    Object.fromEntries(codes.map((code) => [code, codeOfStatus(CONNECT_CODES[code].status)])),
    want,
  )
})
