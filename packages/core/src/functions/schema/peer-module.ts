// Not by its name: applications give ES module bundles a `createRequire` of their own, in a banner.
import * as nodeModule from 'node:module'
import { fileURLToPath } from 'node:url'

/**
 * A module of an optional peer. It is loaded when it is first needed, and at once: checks are synchronous. An application
 * that is bundled has its modules in itself, and gives them by `import()` only, so there loading begins early.
 */
export interface PeerModule<T> {
  /** Whether it can be loaded, now or soon. In a bundle loading begins, and a failure is left to {@link get}. */
  prepare(): boolean
  /** `undefined` while it is being loaded, in a bundle. @throws What came of loading it. */
  get(): T | undefined
}

type State<T> =
  | { readonly kind: 'unloaded' }
  | { readonly kind: 'loading' }
  | { readonly kind: 'loaded'; readonly module: T }
  | { readonly kind: 'failed'; readonly cause: unknown }

const loading = new Set<Promise<void>>()

/** Resolves when no module of a peer is being loaded; `undefined` when none is. Never rejects. */
export function peerModulesLoading(): Promise<unknown> | undefined {
  return loading.size === 0 ? undefined : Promise.all(loading)
}

/**
 * @param specifier - The module, as it is found where packages are installed.
 * @param load - Imports the same module, written out so that bundlers see it, and in `try` so that it may be missing.
 */
export function createPeerModule<T>(specifier: string, load: () => Promise<T>): PeerModule<T> {
  let state: State<T> = { kind: 'unloaded' }
  const begin = (): void => {
    state = { kind: 'loading' }
    const loaded = load().then(
      (module) => {
        state = { kind: 'loaded', module }
      },
      (cause) => {
        state = { kind: 'failed', cause }
      },
    )
    loading.add(loaded)
    void loaded.then(() => loading.delete(loaded))
  }
  return {
    prepare() {
      if (state.kind !== 'unloaded' || locate(specifier) !== undefined) return true
      if (!isBundled()) return false
      begin()
      return true
    },
    get() {
      if (state.kind === 'unloaded') {
        state = { kind: 'loaded', module: requireInstalled(specifier) as T }
      }
      if (state.kind === 'failed') throw state.cause
      return state.kind === 'loaded' ? state.module : undefined
    },
  }
}

/** The packages that a bundle is made of are not installed beside it. */
function isBundled(): boolean {
  return locate('@dispatch/protocol') === undefined
}

/** Where `import` would find it: `require()` may give another copy of a package, with registries of its own. */
function locate(specifier: string): string | undefined {
  const resolve: ((specifier: string) => string) | undefined = import.meta.resolve
  try {
    return typeof resolve === 'function'
      ? fileURLToPath(resolve(specifier))
      : requireFrom(import.meta.url).resolve(specifier)
  } catch {
    return undefined
  }
}

function requireInstalled(specifier: string): unknown {
  return requireFrom(import.meta.url)(locate(specifier) ?? specifier)
}

/** Called in place, bundlers would look for what is required, and warn that it is no constant. */
function requireFrom(place: string): NodeJS.Require {
  return nodeModule.createRequire(place)
}
