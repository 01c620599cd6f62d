import type { Test } from 'tap'
import { freePort, type Running, start } from './processes.js'

/** A command of a `console` block and what the document says that it prints. */
export interface Command {
  readonly command: string
  readonly prints: string
}

/** The commands of a `console` block: each begins with `$ `. */
export function commandsOf(block: string): Command[] {
  return block
    .split(/^\$ /m)
    .slice(1)
    .map((text) => {
      const [command = '', ...lines] = text.trimEnd().split('\n')
      return { command, prints: lines.join('\n') }
    })
}

const UUID = /[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}/g

/** How long a response may take to become what the document says. Milliseconds. */
const WAIT_MS_MAX = 20_000

/**
 * A reader who follows a document: starts its programs and sends its requests. Ports, ids and times are others than in the
 * document; an id keeps its meaning from its first appearance on.
 */
export class Reader {
  readonly #test: Test
  readonly #folder: string
  /** What runs, by the name of its file. */
  readonly #running = new Map<string, Running>()
  /** The port of this run for each port of the document. */
  readonly #ports = new Map<string, number>()
  /** The id of this run for each id of the document. */
  readonly #ids = new Map<string, string>()

  constructor(test: Test) {
    this.#test = test
    this.#folder = test.testdir()
  }

  /** Starts a program in place of the one of that name, which is killed; what it prints first is compared. */
  async start(
    name: string,
    path: string,
    { port, env, prints }: { port: string; env: Record<string, string>; prints: string },
  ): Promise<void> {
    const earlier = this.#running.get(name)
    if (earlier !== undefined) {
      const exit = new Promise((resolve) => earlier.child.once('exit', resolve))
      earlier.child.kill('SIGKILL')
      await exit
    }
    const own = await this.port(port)
    const running = await start(this.#test, path, { PORT: String(own), ...env }, this.#folder)
    this.#running.set(name, running)
    this.#test.equal(running.firstLine, prints, name)
  }

  /** Sends the request of a curl command, again and again until the response is what the document says. */
  async curl({ command, prints }: Command): Promise<void> {
    const [, method = 'GET', , port = '', path = ''] =
      /^curl (?:-X (\w+) )?('?)localhost:(\d+)(\/[^\s']*)\2$/.exec(command) ?? []
    const url = `http://localhost:${await this.port(port)}${this.#own(path)}`
    const untilMs = performance.now() + WAIT_MS_MAX
    // A request that changes something is sent once.
    for (let isLast = method !== 'GET'; ; isLast = method !== 'GET' || performance.now() > untilMs) {
      const response = await fetch(url, { method })
      const text = await response.text()
      if (isLast || withoutTimes(text) === withoutTimes(this.#own(prints, text))) {
        this.#test.equal(withoutTimes(text), withoutTimes(this.#own(prints, text)), command)
        return
      }
      await new Promise((resolve) => setTimeout(resolve, 20))
    }
  }

  async port(documented: string): Promise<number> {
    const port = this.#ports.get(documented) ?? (await freePort())
    this.#ports.set(documented, port)
    return port
  }

  /** The text with the ids of this run; one that is new is taken from the same place of what was received. */
  #own(text: string, received = ''): string {
    const ids = received.match(UUID) ?? []
    for (const [index, id] of (text.match(UUID) ?? []).entries()) {
      const own = ids[index]
      if (!this.#ids.has(id) && own !== undefined) this.#ids.set(id, own)
    }
    return text.replaceAll(UUID, (id) => this.#ids.get(id) ?? id)
  }
}

/** Without what is another in each run: instants, and how often a call that is retried was tried. */
function withoutTimes(text: string): string {
  return text
    .replaceAll(/\d{4}-\d\d-\d\dT[\d:.]+Z/g, '<time>')
    .replaceAll(/("state":"scheduled","attempt":)\d+/g, '$1<attempt>')
}
