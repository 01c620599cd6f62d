// Reads the sources of this repository with TypeScript's parser, for scripts/measure.mjs, scripts/generate-docs.mjs and the
// checks. TypeScript 7, which compiles everything here, has no JavaScript API, so this package depends on an older version.
export {
  arrowsOf,
  entryGraph,
  fileImportsIn,
  filesIn,
  floorsOf,
  foldersOf,
  ringsOf,
} from './import-graph.mjs'
export { constantsOf, functionsOf, importsOf, parseSource, sourceFilesIn } from './read-source.mjs'
