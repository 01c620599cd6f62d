import { type ChildProcess, spawn } from 'node:child_process'
import { once } from 'node:events'
import { fileURLToPath } from 'node:url'

/** A process of ours. */
export class Program {
  readonly #child: ChildProcess
  readonly #name: string
  #output = ''
  #errors = ''
  /** What it said after `ready`; rejects when it ends without having said so. */
  readonly ready: Promise<string>
  /** Resolves when it has ended, with the signal or the exit code. */
  readonly ended: Promise<NodeJS.Signals | number | null>

  /**
   * @param name - Of a file beside this one, without `.js`.
   * @param surroundings - Shell commands that come first and say what the process has to live with.
   */
  constructor(name: string, config?: unknown, surroundings?: string) {
    this.#name = name
    const path = fileURLToPath(new URL(`./${name}.js`, import.meta.url))
    const args = config === undefined ? [path] : [path, JSON.stringify(config)]
    // What a test runner hands on to processes below it would handle signals that Node.js ignores, SIGXFSZ among them.
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
    // Whoever kills it before it is ready need not hear of that.
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

  /** Tells it to end, and waits for that. @throws {Error} When it does not end well. */
  async close(): Promise<void> {
    this.#child.kill('SIGTERM')
    const how = await this.ended
    if (how !== 0) throw new Error(`${this.#name} ended with ${how}: ${this.#errors}`)
  }

  /** @throws {Error} When it has ended otherwise than by SIGKILL or as it was told to. */
  async assertKilled(): Promise<void> {
    const how = await this.ended
    if (how !== 'SIGKILL' && how !== 0) throw new Error(`${this.#name} ended with ${how}: ${this.#errors}`)
  }
}
