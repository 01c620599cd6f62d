import type { Agent } from 'undici'

/** Connections to endpoints. */
export interface HttpAgents {
  /** For requests of one run. */
  readonly single: Agent
  /** For requests of several: the parts of an answer come as its runs end. */
  readonly batch: Agent
}

/** What makes {@link HttpAgents}. */
export interface HttpAgentsOptions {
  readonly headersMsMax: number
  readonly bodyBytesMax: number
}

const CONNECT_MS_MAX = 10_000
/** Maximum pause within a response body. */
const BODY_PAUSE_MS_MAX = 30_000

/** Maximum number of sockets to one host. Further runs wait; the scheduler's own limits are usually lower. */
const SOCKETS_MAX = 1_024

/**
 * undici is loaded at the first request: an embedded scheduler makes none, and an ES module into which a bundler has put
 * CommonJS code cannot load that.
 */
export async function createHttpAgents({
  headersMsMax,
  bodyBytesMax,
}: HttpAgentsOptions): Promise<HttpAgents> {
  // Bundlers that split give a CommonJS package as the default export only.
  const undici = await import('undici')
  const { Agent = undici.default.Agent } = undici
  const common = {
    connect: { timeout: CONNECT_MS_MAX },
    connections: SOCKETS_MAX,
    headersTimeout: headersMsMax,
  }
  return {
    single: new Agent({ ...common, bodyTimeout: BODY_PAUSE_MS_MAX, maxResponseSize: bodyBytesMax }),
    // Responses to a batch arrive as its runs end, which may take long; each run has its own limit.
    batch: new Agent({ ...common, bodyTimeout: 0 }),
  }
}
