import type express from 'express'

/** Express 4, which this example has beside Express 5. Its types are close enough to those of 5 to be taken for them. */
export const { default: express4 } = (await import('express4' as string)) as { default: typeof express }
