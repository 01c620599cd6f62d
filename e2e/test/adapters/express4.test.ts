import t from 'tap'
import { EXPRESS_4 } from '../helpers/adapters/adapters.js'
import { ADAPTER_CHECKS } from './contract.js'

for (const { name, run } of ADAPTER_CHECKS) t.test(name, (t) => run(t, EXPRESS_4))
