import { jainIndex, throttledShare, usedShare } from './measures.js'
import type { Sample } from './observe.js'
import { type Scenario, scenarios } from './scenarios.js'

const SEED = 1
const WIDTH = 900
const PANEL = { height: 262, left: 56, right: 20, top: 62, chart: 120, gap: 14, shares: 34 }
const HEAD = 74

/** Upper end of the scale of throttled shares. */
const SHARE_MAX = 0.5

/** Share of its time after which a scenario counts as steady. */
const STEADY_FROM = 0.7

/** Light or dark as the reader prefers; with its own background, so that it is readable on any page. */
const STYLE = `
    svg { --ground: #ffffff; --text: #1f2328; --faint: #59636e; --line: #d1d9e0; --use: #d8e6f7; --one: #0550ae; --two: #b35900; --capacity: #1f2328; --bad: #cf222e; }
    @media (prefers-color-scheme: dark) {
      svg { --ground: #0d1117; --text: #e6edf3; --faint: #9198a1; --line: #3d444d; --use: #16324f; --one: #6cb6ff; --two: #f0a35e; --capacity: #e6edf3; --bad: #ff7b72; }
    }
    text { font: 13px system-ui, sans-serif; fill: var(--text); }
    .head { font-size: 17px; font-weight: 600; }
    .title { font-size: 14px; font-weight: 600; }
    .faint { fill: var(--faint); font-size: 12px; }
    .end { text-anchor: end; }
    .middle { text-anchor: middle; }
    .axis { stroke: var(--line); fill: none; }
    .use { fill: var(--use); }
    .capacity { stroke: var(--capacity); stroke-width: 1.5; stroke-dasharray: 5 3; fill: none; }
    .one { stroke: var(--one); stroke-width: 1.8; fill: none; stroke-linejoin: round; }
    .two { stroke: var(--two); stroke-width: 1.8; fill: none; stroke-linejoin: round; }
    .bad { fill: var(--bad); }`

/** The figure as an SVG document. It is deterministic. */
export function drawing(): string {
  const shown = scenarios(SEED)
  const height = HEAD + shown.length * PANEL.height
  const size = `viewBox="0 0 ${WIDTH} ${height}" width="${WIDTH}" height="${height}"`
  return [
    `<svg xmlns="http://www.w3.org/2000/svg" ${size} role="img" aria-label="Adaptive concurrency against unknown capacities">`,
    '  <!-- Drawn by `npm run curve`. -->',
    `  <style>${STYLE}\n  </style>`,
    `  <rect width="${WIDTH}" height="${height}" rx="10" fill="var(--ground)"/>`,
    text(20, 32, 'Adaptive concurrency against unknown capacities', 'head'),
    legend(20, 56),
    ...shown.map((scenario, index) => panelOf(scenario, HEAD + index * PANEL.height)),
    '</svg>',
    '',
  ].join('\n')
}

function legend(x: number, y: number): string {
  const key = (at: number, mark: string, says: string): string =>
    `${mark}\n${text(x + at + 34, y, says, 'faint')}`
  const line = (at: number, kind: string): string => `  <path class="${kind}" d="M${x + at} ${y - 4}h28"/>`
  const box = (at: number, kind: string): string =>
    `  <rect class="${kind}" x="${x + at}" y="${y - 10}" width="28" height="12"/>`
  return [
    key(0, line(0, 'one'), 'limit'),
    key(84, line(84, 'capacity'), 'capacity, in concurrent runs'),
    key(314, box(314, 'use'), 'in use'),
    key(406, box(406, 'bad'), 'share of throttled runs'),
    text(x + 680, y, 'a run takes 0.1 s ± 25 %', 'faint'),
  ].join('\n')
}

function panelOf(scenario: Scenario, y: number): string {
  const { samples, destination, curves } = scenario
  const last = samples.at(-1) as Sample
  const most = Math.max(
    ...samples.map((sample) => sample.capacity[destination] as number),
    ...samples.flatMap((sample) => curves.map(({ flow }) => sample.flows[flow]?.limit ?? 0)),
  )
  const step = most > 100 ? 50 : most > 50 ? 25 : 10
  const top = Math.ceil(most / step) * step
  const width = WIDTH - PANEL.left - PANEL.right
  const chartTop = y + PANEL.top
  const chartBottom = chartTop + PANEL.chart
  const sharesBottom = chartBottom + PANEL.gap + PANEL.shares
  const atX = (atMs: number): number => PANEL.left + (atMs / last.atMs) * width
  const atY = (value: number): number => chartBottom - (value / top) * PANEL.chart
  const points = (of: (sample: Sample) => number): [number, number][] =>
    samples.map((sample) => [atX(sample.atMs), atY(of(sample))])
  const busy = points((sample) => sample.busy[destination] as number)
  return [
    text(20, y + 20, scenario.title, 'title'),
    text(20, y + 38, scenario.says, 'faint'),
    text(WIDTH - PANEL.right, y + 20, summary(scenario), 'faint end'),
    ...Array.from({ length: top / step + 1 }, (_, n) => grid(n * step, atY(n * step))),
    `  <path class="use" d="${path([[atX(0), chartBottom], ...busy, [atX(last.atMs), chartBottom]])}Z"/>`,
    `  <path class="capacity" d="${steps(points((sample) => sample.capacity[destination] as number))}"/>`,
    ...curves.map(
      ({ flow }, index) =>
        `  <path class="${index === 0 ? 'one' : 'two'}" d="${path(drawnOf(samples, flow).map((sample) => [atX(sample.atMs), atY(sample.flows[flow]?.limit ?? 0)]))}"/>`,
    ),
    ...(curves.length > 1 ? names(scenario, chartTop, chartBottom) : []),
    shares(scenario, atX, sharesBottom),
    text(PANEL.left - 8, sharesBottom - PANEL.shares + 10, `${SHARE_MAX * 100} %`, 'faint end'),
    text(PANEL.left - 8, sharesBottom, '0', 'faint end'),
    `  <path class="axis" d="M${PANEL.left} ${sharesBottom}h${width}"/>`,
    ...Array.from({ length: last.atMs / 5_000 + 1 }, (_, n) =>
      text(
        atX(n * 5_000),
        sharesBottom + 16,
        `${n * 5} s`,
        `faint ${n * 5_000 === last.atMs ? 'end' : 'middle'}`,
      ),
    ),
  ].join('\n')
}

/** Result of the steady part of a scenario, in words. */
function summary({ samples, destination, curves }: Scenario): string {
  const steady = samples.slice(Math.floor(samples.length * STEADY_FROM))
  const percent = (share: number): string => `${(share * 100).toFixed(1)} %`
  const flow = curves.length === 1 ? curves[0]?.flow : undefined
  const facts = [
    `${percent(usedShare(steady, destination))} of the capacity used`,
    `${percent(throttledShare(steady, flow))} throttled`,
  ]
  if (curves.length > 1) {
    const admitted = curves.map((curve) =>
      steady.reduce((sum, sample) => sum + (sample.flows[curve.flow]?.admitted ?? 0), 0),
    )
    facts.push(`Jain index ${jainIndex(admitted).toFixed(3)}`)
  }
  return `from ${(samples.length * STEADY_FROM) / 10} s: ${facts.join(', ')}`
}

/** A flow is not drawn before it begins. */
function drawnOf(samples: readonly Sample[], flow: number): readonly Sample[] {
  return samples.filter((sample) => (sample.flows[flow]?.limit ?? 0) > 0)
}

/** Labels of several limits: above the start of the first, and left of the start of the second. */
function names({ curves, samples }: Scenario, top: number, bottom: number): string[] {
  const lastMs = (samples.at(-1) as Sample).atMs
  return curves.map(({ flow, name }, index) => {
    const { atMs } = drawnOf(samples, flow)[0] as Sample
    const x = PANEL.left + (atMs / lastMs) * (WIDTH - PANEL.left - PANEL.right)
    const [at, y, anchor] = index === 0 ? [x + 40, top + 11, 'start'] : [x - 8, bottom - 8, 'end']
    const style = `fill: var(--${index === 0 ? 'one' : 'two'}); text-anchor: ${anchor}`
    return `  <text x="${round(at)}" y="${round(y)}" style="${style}">${name}</text>`
  })
}

function shares({ samples, curves }: Scenario, atX: (atMs: number) => number, bottom: number): string {
  const bars = samples.flatMap((sample) => {
    const own = curves.map(({ flow }) => sample.flows[flow])
    const throttled = own.reduce((sum, each) => sum + (each?.throttled ?? 0), 0)
    const ended = own.reduce((sum, each) => sum + (each?.throttled ?? 0) + (each?.admitted ?? 0), 0)
    if (throttled === 0) return []
    const height = Math.max(1, Math.min(1, throttled / ended / SHARE_MAX) * PANEL.shares)
    return [`M${round(atX(sample.atMs))} ${round(bottom - height)}h2v${round(height)}h-2z`]
  })
  return `  <path class="bad" d="${bars.join('')}"/>`
}

function grid(value: number, y: number): string {
  return `  <path class="axis" d="M${PANEL.left} ${round(y)}h${WIDTH - PANEL.left - PANEL.right}"/>\n${text(PANEL.left - 8, y + 4, String(value), 'faint end')}`
}

function path(points: readonly (readonly [number, number])[]): string {
  return points.map(([x, y], index) => `${index === 0 ? 'M' : 'L'}${round(x)} ${round(y)}`).join('')
}

/** A line that jumps instead of sloping. */
function steps(points: readonly (readonly [number, number])[]): string {
  const [[x, y] = [0, 0], ...rest] = points
  return `M${round(x)} ${round(y)}${rest.map(([nextX, nextY]) => `H${round(nextX)}V${round(nextY)}`).join('')}`
}

function text(x: number, y: number, content: string, kind: string): string {
  return `  <text class="${kind}" x="${round(x)}" y="${round(y)}">${content}</text>`
}

function round(value: number): string {
  return String(Math.round(value * 10) / 10)
}
