// Values of JavaScript as `google.protobuf.Any`, and back.

export { isCarriedExactly } from './carried-exactly.js'
export { decodeValue } from './decode-value.js'
export { type EncodeValueOptions, encodeValue } from './encode-value.js'
export {
  type HttpRequest,
  type HttpRequestValue,
  type HttpResponse,
  type HttpResponseValue,
  httpRequestValue,
  httpResponseValue,
  isHttpResponseValue,
  parseHttpRequestValue,
  parseHttpResponseValue,
} from './http-values.js'
export { isChecked, markChecked } from './kinds/any.js'
export {
  Duration,
  duration,
  float,
  int,
  type NumberKind,
  TypedNumber,
  uint,
} from './kinds/typed-values.js'
export { encodePythonArguments } from './pickle/encode-pickle.js'
export { argumentsOf, PickledArguments, PickledObject } from './pickle/pickled-object.js'
