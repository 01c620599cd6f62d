/** Paths of the services: of runs below the URL of an endpoint, of all others below the URL of a scheduler. */
export const RUN_PATH = '/dispatch.sdk.v1.FunctionService/Run'
export const DISPATCH_PATH = '/dispatch.sdk.v1.DispatchService/Dispatch'
export const GET_PATH = '/dispatch.api.v1.CallService/Get'
export const WAIT_PATH = '/dispatch.api.v1.CallService/Wait'
export const WAIT_BATCH_PATH = '/dispatch.api.v1.CallService/WaitBatch'
export const CANCEL_PATH = '/dispatch.api.v1.CallService/Cancel'
