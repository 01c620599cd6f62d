/**
 * The order of the API reference. Every exported name has a place here; otherwise the reference cannot be generated.
 */
export const ENTRY_POINTS = {
  core: 'packages/core/src/index.ts',
  fastify: 'packages/fastify/src/index.ts',
  express: 'packages/express/src/index.ts',
  scheduler: 'packages/scheduler/src/index.ts',
}

/** Comments for names that have none at their declaration. */
export const NOTES = {
  'core:Any': 'A `google.protobuf.Any`: an encoded message and the URL of its type.',
}

export const SECTIONS = [
  {
    title: 'Per process: Dispatch',
    intro:
      'A `Dispatch` holds the functions of a process, serves them and hands calls to a scheduler. The adapters create one, ' +
      'and take the same options. An option takes precedence over its environment variable, which takes precedence over the ' +
      'default. All options are checked when the `Dispatch` is created.',
    names: [
      'core:Dispatch',
      'core:DispatchOptions',
      'core:SchedulerOption',
      'core:ListenOptions',
      'core:Server',
      'core:Logger',
      'core:FunctionStats',
    ],
  },
  {
    title: 'Per function: func',
    intro: 'A durable function is a name, options that apply to all of its calls, and a handler.',
    names: [
      'core:func',
      'core:FunctionOptions',
      'core:DispatchFunction',
      'core:AnyDispatchFunction',
      'core:OptionalInput',
      'core:Handler',
      'core:HandlerResult',
      'core:TailCall',
      'core:Received',
      'core:ReceivedObject',
      'core:NotCarried',
    ],
  },
  {
    title: 'Per call: options',
    intro: 'The second argument of `dispatch`, `await`, `gather` and `buildCall`.',
    names: ['core:CallOptions', 'core:DispatchedCallOptions', 'core:BuiltCall', 'core:Call'],
  },
  {
    title: 'Inside a handler: the context',
    intro: 'The second argument of a handler.',
    names: ['core:CallContext'],
  },
  {
    title: 'After a dispatch: the handle',
    names: ['core:CallHandle', 'core:ResultOptions', 'core:CallStatus', 'core:CallStateName'],
  },
  {
    title: 'Errors and statuses',
    intro:
      'What each status means, and how an error gets one, is described in [statuses](statuses.md). Misuse (an invalid option, ' +
      'two functions of one name, `await` outside of a function) throws `TypeError`.',
    names: [
      'core:DispatchError',
      'core:DispatchErrorOptions',
      'core:Status',
      'core:FailureStatus',
      'core:STATUSES',
      'core:isRetryable',
      'core:errorType',
      'core:ErrorType',
      'core:outputType',
      'core:OutputType',
      'core:Class',
      'core:Rule',
    ],
    alike: {
      title: 'One class for each status',
      intro:
        'Subclasses of `DispatchError` with the constructor `(message?, options?)`; the status is that of the name. ' +
        '`new ThrottledError("slow down")` is `new DispatchError("throttled", "slow down")`. `CanceledError` has the status ' +
        '`permanent`.',
      names: [
        'core:CanceledError',
        'core:DnsError',
        'core:HttpError',
        'core:IncompatibleStateError',
        'core:InvalidArgumentError',
        'core:InvalidResponseError',
        'core:NotFoundError',
        'core:PermanentError',
        'core:PermissionDeniedError',
        'core:TcpError',
        'core:TemporaryError',
        'core:ThrottledError',
        'core:TimeoutError',
        'core:TlsError',
        'core:UnauthenticatedError',
      ],
    },
  },
  {
    title: 'Values and schemas',
    names: [
      'core:Schema',
      'core:TypeBoxSchema',
      'core:StandardSchema',
      'core:StandardResult',
      'core:StandardIssue',
      'core:rawValue',
      'core:Any',
      'core:int',
      'core:uint',
      'core:float',
      'core:Duration',
      'core:duration',
      'core:HttpRequest',
      'core:HttpRequestValue',
      'core:httpRequestValue',
      'core:parseHttpRequestValue',
      'core:HttpResponse',
      'core:HttpResponseValue',
      'core:httpResponseValue',
      'core:parseHttpResponseValue',
      'core:encodePythonArguments',
    ],
  },
  {
    title: 'Adapter for Fastify',
    names: ['fastify:dispatchPlugin', 'fastify:DispatchPluginOptions'],
    adds: { title: 'What the plugin adds to Fastify', owner: 'fastify' },
  },
  {
    title: 'Adapter for Express',
    names: ['express:dispatchMiddleware', 'express:DispatchMiddlewareOptions', 'express:DispatchMiddleware'],
    adds: { title: 'What the middleware adds to Express', owner: 'express' },
  },
  {
    title: 'Scheduler',
    intro: 'A stand-alone scheduler for several processes, and the embedded one with options of your own.',
    names: [
      'scheduler:serveScheduler',
      'scheduler:ServeSchedulerOptions',
      'scheduler:ServedScheduler',
      'scheduler:createEmbeddedScheduler',
      'scheduler:createScheduler',
      'scheduler:SchedulerOptions',
      'scheduler:SchedulerLimits',
      'scheduler:AdmissionLimits',
      'scheduler:RequestLimits',
      'scheduler:RetryPolicy',
      'scheduler:RETRY_POLICY',
      'scheduler:TenantScheduler',
      'scheduler:createSchedulerHandler',
      'scheduler:SchedulerHandlerOptions',
      'scheduler:SchedulerHandler',
      'scheduler:ApiKeys',
      'scheduler:createHttpTransport',
      'scheduler:HttpTransportOptions',
      'scheduler:HttpTransport',
      'scheduler:parseAllowedEndpoints',
      'scheduler:EndpointFilter',
    ],
  },
  {
    title: 'Stores',
    intro: 'Where a scheduler keeps its calls.',
    names: [
      'scheduler:createSqliteStore',
      'scheduler:SqliteStoreOptions',
      'scheduler:createMemoryStore',
      'scheduler:Store',
      'scheduler:Write',
      'scheduler:CallRecord',
      'scheduler:StoredCallOptions',
      'scheduler:WaitCondition',
      'scheduler:ChildResult',
      'scheduler:FinishedChild',
      'scheduler:Payloads',
      'scheduler:StoredJournalEntry',
      'scheduler:createUuidv7',
      'scheduler:Uuidv7Sources',
    ],
  },
]
