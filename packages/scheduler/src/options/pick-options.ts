/** The options that have one of these names. */
export function pickOptions<Options, Name extends string>(
  options: Options,
  names: Readonly<Record<Name, unknown>>,
): Pick<Options, Name & keyof Options> {
  const own = Object.entries(options as object).filter(([name]) => Object.hasOwn(names, name))
  return Object.fromEntries(own) as Pick<Options, Name & keyof Options>
}
