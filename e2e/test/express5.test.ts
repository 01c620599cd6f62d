import t from 'tap'
import { ADAPTER_CHECKS } from './adapter-contract.js'
import { EXPRESS_5 } from './adapters.js'

for (const { name, run } of ADAPTER_CHECKS) t.test(name, (t) => run(t, EXPRESS_5))
