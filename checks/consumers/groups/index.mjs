import { bundles } from './bundles.mjs'
import { installers } from './installers.mjs'
import { nodejs } from './nodejs.mjs'
import { packages } from './packages.mjs'
import { runtimes } from './runtimes.mjs'
import { testRunners } from './test-runners.mjs'
import { typescript } from './typescript.mjs'

/**
 * Rows in the order in which they run. A group has a folder, which `prepare` fills, and steps: the rows of a step are run
 * two at a time, those of the next when they have ended.
 */
export const GROUPS = [packages, nodejs, typescript, installers, runtimes, testRunners, bundles]
