// Schemas of every library that is supported, with its real package: static types, checks, messages.
import { DispatchError, func } from '@dispatch/core'
import { Type as OldType } from '@sinclair/typebox'
import { type } from 'arktype'
import { Type } from 'typebox'
import * as v from 'valibot'
import { z } from 'zod'

const functions = {
  typebox034: func(
    'typebox034',
    { input: OldType.Object({ order: OldType.String(), cents: OldType.Integer() }) },
    async ({ order, cents }) => `${order.trim()} ${cents.toFixed(0)}`,
  ),
  typebox1: func(
    'typebox1',
    { input: Type.Object({ order: Type.String(), cents: Type.Integer() }) },
    async ({ order, cents }) => `${order.trim()} ${cents.toFixed(0)}`,
  ),
  zod: func(
    'zod',
    { input: z.object({ order: z.string(), cents: z.int() }) },
    async ({ order, cents }) => `${order.trim()} ${cents.toFixed(0)}`,
  ),
  valibot: func(
    'valibot',
    { input: v.object({ order: v.string(), cents: v.pipe(v.number(), v.integer()) }) },
    async ({ order, cents }) => `${order.trim()} ${cents.toFixed(0)}`,
  ),
  arktype: func(
    'arktype',
    { input: type({ order: 'string', cents: 'number.integer' }) },
    async ({ order, cents }) => `${order.trim()} ${cents.toFixed(0)}`,
  ),
}

// Never called: what the compiler has to refuse, for each library.
export function refused(): void {
  // @ts-expect-error cents is a number
  functions.typebox034.buildCall({ order: 'a', cents: 'five' })
  // @ts-expect-error cents is a number
  functions.typebox1.buildCall({ order: 'a', cents: 'five' })
  // @ts-expect-error cents is a number
  functions.zod.buildCall({ order: 'a', cents: 'five' })
  // @ts-expect-error cents is a number
  functions.valibot.buildCall({ order: 'a', cents: 'five' })
  // @ts-expect-error cents is a number
  functions.arktype.buildCall({ order: 'a', cents: 'five' })
}

for (const [name, fn] of Object.entries(functions)) {
  fn.buildCall({ order: 'a', cents: 5 })
  const { status, message } = failureOf(() => fn.buildCall({ order: 'a', cents: 'five' as never }))
  if (status !== 'invalid_argument' || !/^input\.cents: .*(integer|number)/.test(message))
    throw new Error(`${name}: expected the field and its type, got ${status}: ${message}`)
}

function failureOf(work: () => unknown): DispatchError {
  try {
    throw new Error(`expected an error, got ${String(work())}`)
  } catch (error) {
    if (error instanceof DispatchError) return error
    throw error
  }
}
