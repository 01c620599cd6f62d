import t from 'tap'
import { FASTIFY_5 } from '../helpers/adapters/adapters.js'
import { ADAPTER_CHECKS } from './contract.js'

for (const { name, run } of ADAPTER_CHECKS) t.test(name, (t) => run(t, FASTIFY_5))
