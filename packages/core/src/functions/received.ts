import type { Duration, HttpResponseValue } from '@dispatch/protocol/values'

/**
 * What the caller of a function gets of an output of type `T`, after its way over the wire; the table is at
 * `encodeValue` of `@dispatch/protocol/values`. A type that arrives as it was sent stays the same type.
 *
 * | returned | received |
 * | --- | --- |
 * | JSON, `Date`, `Duration`, `Map`, `Set`, typed arrays, arrays and objects of these | the same |
 * | `undefined`, and nothing | `undefined` |
 * | `Buffer` | `Uint8Array` |
 * | `bigint` | `bigint`, or a number when it is a safe integer; inside arrays and objects `bigint` |
 * | an object with `toJSON` | what that returns |
 * | a `Response` of fetch | `HttpResponseValue` |
 * | a function, a symbol, an `Error`, an object with methods | {@link NotCarried}: the call ends with `invalid_response` |
 */
export type Received<T> = unknown extends T
  ? T
  : T extends FetchResponse
    ? HttpResponseValue
    : Outermost<Inside<T>>

/**
 * In place of a type that cannot be carried. A call that returns such a value always fails, so that there is no value of
 * this type. Return plain data instead, or give the class a `toJSON`.
 */
export interface NotCarried<T> {
  readonly [NOT_CARRIED]: T
}

declare const NOT_CARRIED: unique symbol

/** An object or a tuple whose properties are received. */
export type ReceivedObject<T> = { [Name in keyof T]: Inside<T[Name]> }

/** Differences of a value that is not inside another one. */
type Outermost<T> = T extends bigint ? bigint | number : T

/** A value inside another one. Types without a difference are kept, for their names. */
type Inside<T> = unknown extends T ? T : [T] extends [Same<T>] ? T : Changed<T>

type Changed<T> = T extends Primitive | NotCarried<unknown>
  ? T
  : T extends Uint8Array
    ? Uint8Array
    : T extends Kept
      ? T
      : T extends Jsonable
        ? FromJson<ReturnType<T['toJSON']>>
        : T extends Refused
          ? NotCarried<T>
          : T extends ReadonlyMap<infer Key, infer Value>
            ? Map<Inside<Key>, Inside<Value>>
            : T extends ReadonlySet<infer Value>
              ? Set<Inside<Value>>
              : T extends readonly unknown[]
                ? ReceivedArray<T>
                : [MethodsOf<T>] extends [never]
                  ? ReceivedObject<T>
                  : NotCarried<T>

/**
 * `T` itself where it arrives as it is, and something that `T` does not extend where it does not. Unlike
 * {@link Changed} it never asks whether a type inside is the same, so that recursive types come to an end.
 */
type Same<T> = unknown extends T
  ? T
  : T extends Primitive | NotCarried<unknown>
    ? T
    : T extends Uint8Array
      ? Uint8Array extends T
        ? T
        : never
      : T extends Kept
        ? T
        : T extends Jsonable | Refused
          ? never
          : T extends ReadonlyMap<infer Key, infer Value>
            ? Map<Same<Key>, Same<Value>>
            : T extends ReadonlySet<infer Value>
              ? Set<Same<Value>>
              : T extends readonly unknown[]
                ? SameArray<T>
                : { [Name in keyof T]: Same<T[Name]> }

type ReceivedArray<T extends readonly unknown[]> = number extends T['length']
  ? Inside<T[number]>[]
  : ReceivedObject<T>

type SameArray<T extends readonly unknown[]> = number extends T['length']
  ? readonly Same<T[number]>[]
  : { [Index in keyof T]: Same<T[Index]> }

/** What a `toJSON` returned is data whatever its class, and its own `toJSON` is not called. */
type FromJson<T> = unknown extends T
  ? T
  : T extends Primitive
    ? T
    : T extends Uint8Array
      ? Uint8Array
      : T extends Kept | ReadonlyMap<unknown, unknown> | ReadonlySet<unknown> | readonly unknown[]
        ? Inside<T>
        : ReceivedObject<Omit<T, MethodsOf<T>>>

type Primitive = string | number | boolean | bigint | null | undefined

/** Objects that arrive as they are. `Uint8Array` is looked at before, because of `Buffer`. */
type Kept =
  | Date
  | Duration
  | ArrayBuffer
  | DataView
  | Int8Array
  | Uint8ClampedArray
  | Int16Array
  | Uint16Array
  | Int32Array
  | Uint32Array
  | Float32Array
  | Float64Array
  | BigInt64Array
  | BigUint64Array

type AnyFunction = (...args: never[]) => unknown

type Refused = AnyFunction | symbol | Error

interface Jsonable {
  toJSON(...args: never[]): unknown
}

/** Names of properties that always are functions or symbols. */
type MethodsOf<T> = { [Name in keyof T]-?: T[Name] extends AnyFunction | symbol ? Name : never }[keyof T]

/** A `Response` of fetch, of whichever library. */
interface FetchResponse {
  readonly status: number
  readonly headers: { get(name: string): string | null }
  arrayBuffer(): Promise<ArrayBuffer>
  clone(): unknown
}
