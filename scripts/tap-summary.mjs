// A tap reporter: keeps what failed, drops what passed, and ends with the counts.
import { Transform } from 'node:stream'

const DROPPED = /^\s*ok |^\s*1\.\.|^TAP version|^\s*# (Subtest|time|No coverage)|^\s*$|^\s*[{}]\s*$/

export default class Summary extends Transform {
  #rest = ''
  #counts = { total: 0, pass: 0, fail: 0, skip: 0, todo: 0 }

  _transform(chunk, _encoding, done) {
    this.#rest += chunk
    const lines = this.#rest.split('\n')
    this.#rest = lines.pop() ?? ''
    for (const line of lines) this.#read(line)
    done()
  }

  #read(line) {
    const totals = /^# \{ (.*) \}$/.exec(line)
    if (totals) {
      for (const pair of totals[1].split(', ')) {
        const [name, value] = pair.split(': ')
        this.#counts[name] = Number(value)
      }
      return
    }
    if (!DROPPED.test(line) || /# (SKIP|TODO)/i.test(line)) this.push(`${line}\n`)
  }

  _flush(done) {
    if (this.#rest) this.#read(this.#rest)
    const { pass, fail, skip, todo } = this.#counts
    this.push(`${pass} passed, ${fail} failed, ${skip + todo} skipped\n`)
    done()
  }
}
