/** The property by which the compiler recognizes a schema of TypeBox 1. */
export interface TypeBox1Schema {
  readonly '~kind': string
}

// biome-ignore lint/suspicious/noTsIgnore: nothing is wrong here, but in applications that do not have the package
/** @ts-ignore The type of the values of a schema of TypeBox 1; TypeBox itself works it out from the schema. */
export type TypeBox1Value<S extends TypeBox1Schema> = import('typebox').Static<S>
