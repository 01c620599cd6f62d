// An application whose scheduler is elsewhere installs none; neither TypeBox nor the scheduler is there to be bundled.
const { Dispatch, func } = require('@dispatch/core')

const greet = func('greet', async (name) => `hello ${name}`)
const dispatch = new Dispatch({ functions: [greet] })

greet.dispatch('Ada').then(
  () => {
    throw new Error('expected no scheduler, got one')
  },
  ({ message }) => {
    if (!message.startsWith('no scheduler: install @dispatch/scheduler')) throw new Error(message)
    return dispatch.close()
  },
)
