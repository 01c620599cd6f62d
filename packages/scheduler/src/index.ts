export type { AdmissionLimits } from './calls/admission.js'
export { createUuidv7, type Uuidv7Sources } from './calls/uuidv7.js'
export { createEmbeddedScheduler } from './embedded.js'
export { RETRY_POLICY, type RetryPolicy } from './kernel/state/retry-policy.js'
export {
  createScheduler,
  type SchedulerLimits,
  type SchedulerOptions,
  type TenantScheduler,
} from './scheduler.js'
export { type ServedScheduler, type ServeSchedulerOptions, serveScheduler } from './serve.js'
export type { ApiKeys } from './service/api-keys.js'
export type { RequestLimits } from './service/request-capacity.js'
export {
  createSchedulerHandler,
  type SchedulerHandler,
  type SchedulerHandlerOptions,
} from './service/scheduler-handler.js'
export { createMemoryStore } from './store/memory-store.js'
export { createSqliteStore, type SqliteStoreOptions } from './store/sqlite/sqlite-store.js'
export type {
  CallRecord,
  ChildResult,
  FinishedChild,
  Payloads,
  Store,
  StoredCallOptions,
  StoredJournalEntry,
  WaitCondition,
  Write,
} from './store/store.js'
export { type EndpointFilter, parseAllowedEndpoints } from './transport/allowed-endpoints.js'
export {
  createHttpTransport,
  type HttpTransport,
  type HttpTransportOptions,
} from './transport/http-transport.js'
