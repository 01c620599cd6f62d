/** What a `Worker` is made of: the URL of a module, or the text of a CommonJS script. */
export type WorkerProgram =
  | { readonly isText: false; readonly program: URL }
  | { readonly isText: true; readonly program: string }

/**
 * What the thread of the store runs: the module beside this one. In the published package it is the text of that
 * module with everything it imports, so that no file is missing when an application is bundled: this declaration is
 * replaced there, see scripts/bundle/worker-programs.mjs.
 */
export const WORKER_PROGRAM: WorkerProgram = {
  isText: false,
  program: new URL('./worker.js', import.meta.url),
}
