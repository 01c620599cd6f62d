import { checkOptions, type OptionNames } from '@dispatch/protocol/text'
import { CONFIG_OPTIONS, type DispatchOptions } from '../config/dispatch-options.js'
import type { Dispatch } from '../dispatch/dispatch.js'

/** Options of every adapter: those of `new Dispatch`, and these. */
export interface MountOptions extends DispatchOptions {
  /**
   * An existing `Dispatch`. `functions` are added to it, and other options of `new Dispatch` are ignored; the application stops
   * and closes it. Default: a new one.
   */
  readonly dispatch?: Dispatch | undefined
  /** Path at which state and result of calls are served: `GET <callsPath>/<id>`; `false` for none. Default `/dispatch/calls`. */
  readonly callsPath?: string | false | undefined
}

/** The options of {@link MountOptions}, with other words for them. */
export const MOUNT_OPTIONS = {
  ...CONFIG_OPTIONS,
  dispatch: ['instance'],
  callsPath: ['callPath', 'statusPath'],
} as const satisfies OptionNames<MountOptions>

/**
 * Checks the options of an adapter, and returns those that {@link MountOptions} has.
 *
 * @param place - As messages name them, such as `dispatchPlugin(options)`.
 * @param ownNames - The other options of the adapter, with other words for them.
 * @throws {TypeError} When an option does not exist, with the nearest one that does.
 */
export function checkMountOptions(
  options: MountOptions,
  place: string,
  ownNames: Readonly<Record<string, readonly string[]>>,
): MountOptions {
  const checked: object = checkOptions(options, place, { ...MOUNT_OPTIONS, ...ownNames })
  return Object.fromEntries(Object.entries(checked).filter(([name]) => !Object.hasOwn(ownNames, name)))
}
