import { type ChildProcess, spawn } from 'node:child_process'
import { once } from 'node:events'
import { fileURLToPath } from 'node:url'

/** A child process. */
export class Program {
  readonly #child: ChildProcess
  readonly #name: string
  #output = ''
  #errors = ''
  /** Resolves with the text after `ready`; rejects when the process ends without printing it. */
  readonly ready: Promise<string>
  /** Resolves with the signal or the exit code when the process has ended. */
  readonly ended: Promise<NodeJS.Signals | number | null>

  /**
   * @param name - Of a file beside this one, without `.js`.
   * @param surroundings - Shell commands that set up the environment of the process.
   */
  constructor(name: string, config?: unknown, surroundings?: string) {
    this.#name = name
    const path = fileURLToPath(new URL(`./${name}.js`, import.meta.url))
    const args = config === undefined ? [path] : [path, JSON.stringify(config)]
    // The options that a test runner passes to child processes install handlers for signals that Node.js ignores, such as SIGXFSZ.
    const alone = `unset NODE_OPTIONS && ${surroundings}`
    const [command, ...rest] =
      surroundings === undefined
        ? [process.execPath, ...args]
        : ['bash', '-c', `${alone} && exec "$0" "$@"`, process.execPath, ...args]
    this.#child = spawn(command as string, rest, { stdio: ['ignore', 'pipe', 'pipe'] })
    this.ended = once(this.#child, 'close').then(([code, signal]) => signal ?? code)
    this.#child.stderr?.setEncoding('utf8').on('data', (text) => {
      this.#errors += text
    })
    this.ready = new Promise((resolve, reject) => {
      this.#child.stdout?.setEncoding('utf8').on('data', (text) => {
        this.#output += text
        const match = /^ready ?(.*)\n/m.exec(this.#output)
        if (match) resolve(match[1] as string)
      })
      void this.ended.then((how) => reject(new Error(`${name} ended with ${how}: ${this.#errors}`)))
    })
    // A process that is killed before it is ready must not cause an unhandled rejection.
    this.ready.catch(() => {})
  }

  get pid(): number {
    return this.#child.pid as number
  }

  get hasEnded(): boolean {
    return this.#child.exitCode !== null || this.#child.signalCode !== null
  }

  async kill(): Promise<void> {
    this.#child.kill('SIGKILL')
    await this.ended
  }

  askToEnd(): void {
    this.#child.kill('SIGTERM')
  }

  /** Sends SIGTERM and waits for the end. @throws {Error} When the process does not exit with 0. */
  async close(): Promise<void> {
    this.#child.kill('SIGTERM')
    const how = await this.ended
    if (how !== 0) throw new Error(`${this.#name} ended with ${how}: ${this.#errors}`)
  }

  /** @throws {Error} When the process has ended in any other way than by SIGKILL or SIGTERM. */
  async assertKilled(): Promise<void> {
    const how = await this.ended
    if (how !== 'SIGKILL' && how !== 0) throw new Error(`${this.#name} ended with ${how}: ${this.#errors}`)
  }
}
