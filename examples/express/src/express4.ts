import type express from 'express'

/** Express 4, which this example uses beside Express 5. Its types are close enough to those of 5. */
export const { default: express4 } = (await import('express4' as string)) as { default: typeof express }
