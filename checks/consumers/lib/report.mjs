/**
 * Runs rows and prints each with its result. A row is `{ name, run, skip? }`: `run` may resolve with a few words to be
 * printed, `skip` with the reason why it cannot be run here.
 */
export function report({ isSkipFailure }) {
  const counts = { passed: 0, failed: 0, skipped: 0 }
  const startedAtMs = Date.now()

  const failed = (name, error, sinceMs) => {
    counts.failed += 1
    print('FAILED', name, sinceMs)
    console.log(String(error?.message ?? error).replace(/^/gm, '    | '))
  }

  return {
    group: (name) => console.log(`\n${name}`),

    async prepare(work) {
      const sinceMs = Date.now()
      try {
        await work()
        print('', 'installed', sinceMs)
        return true
      } catch (error) {
        failed('installed', error, sinceMs)
        return false
      }
    },

    /** Runs rows, as many at a time as there are processors on the machines of CI. */
    async rows(rows, context) {
      const waiting = [...rows]
      const work = async () => {
        for (let row = waiting.shift(); row !== undefined; row = waiting.shift()) await this.row(row, context)
      }
      await Promise.all([work(), work()])
    },

    async row({ name, run, skip }, context) {
      const sinceMs = Date.now()
      if (context === false) return failed(name, 'its folder could not be prepared', sinceMs)
      try {
        const reason = await skip?.(context)
        if (reason === undefined) {
          const detail = await run(context)
          counts.passed += 1
          print('ok', detail ? `${name}: ${String(detail).trim()}` : name, sinceMs)
        } else if (isSkipFailure) {
          failed(name, `cannot be run here: ${reason}`, sinceMs)
        } else {
          counts.skipped += 1
          print('SKIPPED', `${name}: ${reason}`, sinceMs)
        }
      } catch (error) {
        failed(name, error, sinceMs)
      }
    },

    /** The exit code. */
    end() {
      const { passed, failed: bad, skipped } = counts
      const seconds = ((Date.now() - startedAtMs) / 1000).toFixed(0)
      if (skipped > 0) console.log(`\n!!! ${skipped} rows were SKIPPED: what they check is not known`)
      console.log(`\nconsumers: ${passed} rows passed, ${bad} failed, ${skipped} skipped, in ${seconds} s`)
      return bad > 0 || passed === 0 ? 1 : 0
    },
  }
}

function print(state, text, sinceMs) {
  const seconds = ((Date.now() - sinceMs) / 1000).toFixed(1)
  console.log(`  ${state.padEnd(8)} ${`${seconds} s`.padStart(7)}  ${text}`)
}
