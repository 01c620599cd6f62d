/**
 * The optional peer, as far as it is used here. Its own declarations are not: it is compiled after this package, and this
 * package knows it by the interface of the contract only.
 */
declare module '@dispatch/scheduler' {
  const module: import('@dispatch/protocol').EmbeddedSchedulerModule
  export const createEmbeddedScheduler: typeof module.createEmbeddedScheduler
}
