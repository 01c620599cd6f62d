import t from 'tap'
import { checkWorlds } from './worlds.js'

t.test('in 150 fresh worlds everything that is promised holds', (t) => checkWorlds(t, 150))
