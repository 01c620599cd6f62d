import { func } from '@dispatch/core'

/** A durable function: a name and an async function. */
export const greet = func('greet', async (name: string) => `Hello, ${name}!`)

/** Calls `greet` for each name and waits for all greetings; while it waits, it is suspended. */
export const greetAll = func('greetAll', async (names: string[]) => greet.gather(names))
