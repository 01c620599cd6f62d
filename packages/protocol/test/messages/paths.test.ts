import {
  CANCEL_PATH,
  DISPATCH_PATH,
  GET_PATH,
  RUN_PATH,
  WAIT_BATCH_PATH,
  WAIT_PATH,
} from '@dispatch/protocol/messages'
import t from 'tap'
import { CallService } from '../gen/dispatch/api/v1/call_pb.js'
import { DispatchService } from '../gen/dispatch/sdk/v1/dispatch_pb.js'
import { FunctionService } from '../gen/dispatch/sdk/v1/function_pb.js'

t.test('the paths are those of the services in the .proto files, all of them', async (t) => {
  const paths = [FunctionService, DispatchService, CallService].flatMap(({ typeName, methods }) =>
    methods.map(({ name }) => `/${typeName}/${name}`),
  )
  t.strictSame(
    [RUN_PATH, DISPATCH_PATH, GET_PATH, WAIT_PATH, WAIT_BATCH_PATH, CANCEL_PATH].sort(),
    paths.sort(),
  )
})
