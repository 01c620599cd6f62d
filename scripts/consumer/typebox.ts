// Compiled and run where TypeBox is installed: its schemas are checked, and static types follow from them.
import { func } from '@dispatch/core'
import { Type } from '@sinclair/typebox'

const charge = func(
  'charge',
  { input: Type.Object({ order: Type.String(), cents: Type.Integer() }), output: Type.String() },
  async ({ order, cents }) => `${order} ${cents.toFixed(0)}`,
)
charge.buildCall({ order: 'a', cents: 5 })

function refused(): unknown {
  try {
    // @ts-expect-error cents is a number
    return charge.buildCall({ order: 'a', cents: 'five' })
  } catch (error) {
    return (error as Error).message
  }
}
const message = refused()
if (message !== 'input.cents: expected integer, got "five"') throw new Error(String(message))
