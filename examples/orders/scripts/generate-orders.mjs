// Writes orders.csv: 1,200 orders of a shop, always the same ones. Run it again only to change the data.
import { writeFileSync } from 'node:fs'

const ORDERS = 1_200
const SEED = 20_251_103
const FIRST_DAY = Date.UTC(2025, 9, 6)

const GIVEN =
  'Ada Amélie Anna Antonio Beatriz Björn Carlos Chiara Chloé Daniel Deniz Elif Emma Erik Fatima Finn François Freya Giulia Grace Hana Hannah Henry Ines Isabel Jakub Jan João Jonas Jürgen Kasia Kenji Lars Leila Léo Liam Linnea Lucía Luka Maeve Magnus Maja Marco Marta Mateo Mehmet Mia Mikkel Nadia Noah Nora Oliver Olga Oscar Paula Pedro Priya Rania Rasmus Rosa Ruth Samuel Sara Siobhán Sofia Søren Tara Theo Tomás Tuva Umar Valentina Víctor Wanda Yara Yusuf Zoë'.split(
    ' ',
  )
const FAMILY =
  'Almeida Andersen Ångström Bauer Becker Bianchi Byrne Castillo Costa Dąbrowski Diallo Dupont Eriksen Fernández Fischer García Gallagher Hansen Herrera Hoffmann Ibrahim Jansen Johansson Kamara Kaya Keller Kowalski Larsen Lefèvre Lindqvist Lopes Marino Martin Mbeki Meyer Moreau Müller Nakamura Nguyen Nielsen Novák O’Brien O’Connor Öztürk Petrov Ricci Romano Rossi Santos Schäfer Silva Singh Smit Sørensen Svensson Takahashi Vargas Virtanen Visser Weber Wójcik Yılmaz Zimmermann'.split(
    ' ',
  )
const COMPANIES = [
  'Baker, Sons & Daughters Ltd',
  'Café "Zur Post"',
  'Hoffmann, Keller und Partner',
  'Librería "El Faro"',
  'Nordlys, A/S',
  'Studio "Quatre Mains", SARL',
]
const PRODUCTS = [
  ['DESK-140', 'Standing desk, oak, 140 cm', 48_900],
  ['DESK-180', 'Standing desk, oak, 180 cm', 56_900],
  ['CHAIR-A', 'Office chair "Aria"', 32_900],
  ['CHAIR-B', 'Office chair "Brio", with armrests', 37_900],
  ['LAMP-01', 'Desk lamp, dimmable', 7_450],
  ['LAMP-02', 'Floor lamp, brass', 12_900],
  ['MON-27', 'Monitor, 27"', 27_900],
  ['MON-32', 'Monitor, 32", curved', 41_900],
  ['ARM-1', 'Monitor arm, single', 8_990],
  ['ARM-2', 'Monitor arm, double', 14_990],
  ['KEY-ISO', 'Keyboard, ISO', 11_900],
  ['KEY-ANSI', 'Keyboard, ANSI', 11_900],
  ['MOUSE-L', 'Mouse, left-handed', 5_990],
  ['MOUSE-R', 'Mouse, right-handed', 5_490],
  ['MAT-90', 'Desk mat, felt, 90 × 40 cm', 3_290],
  ['NOTE-A5', 'Notebook A5, dotted, 3 pieces', 1_850],
  ['PEN-F', 'Fountain pen, nib "F"', 4_200],
  ['CAB-USBC', 'Cable USB-C, 2 m', 1_590],
  ['HUB-7', 'USB hub, 7 ports', 4_990],
  ['PLANT-S', 'Plant, small, in a pot', 1_990],
]
const COUNTRIES = [
  ['DE', 'EUR'],
  ['FR', 'EUR'],
  ['ES', 'EUR'],
  ['IT', 'EUR'],
  ['PT', 'EUR'],
  ['IE', 'EUR'],
  ['NL', 'EUR'],
  ['PL', 'PLN'],
  ['SE', 'SEK'],
  ['DK', 'DKK'],
  ['GB', 'GBP'],
  ['CH', 'CHF'],
]
const RATES = { EUR: 1, PLN: 4.26, SEK: 11.1, DKK: 7.46, GBP: 0.87, CHF: 0.94 }
const NOTES = [
  'Please ring twice, the bell is quiet',
  'Leave it with the neighbour, no. 14',
  'Gift: "Happy birthday, Mum!"',
  'Third floor, no lift',
  'Congratulations on the new office!\nFrom all of us, "the old crew"',
  'Invoice to accounting, not to me',
]

let state = SEED
/** mulberry32: uniform in [0, 1). */
function random() {
  state = (state + 0x6d2b79f5) | 0
  let t = Math.imul(state ^ (state >>> 15), 1 | state)
  t = (t + Math.imul(t ^ (t >>> 7), 61 | t)) ^ t
  return ((t ^ (t >>> 14)) >>> 0) / 4_294_967_296
}
const pick = (list) => list[Math.floor(random() * list.length)]
const chance = (probability) => random() < probability

function quote(value) {
  const text = String(value)
  return /[",\n]/.test(text) ? `"${text.replaceAll('"', '""')}"` : text
}

function ascii(text) {
  return text
    .normalize('NFD')
    .replaceAll(/ø/gi, 'o')
    .replaceAll(/ł/gi, 'l')
    .replaceAll('ı', 'i')
    .replaceAll(/[^a-zA-Z]/g, '')
    .toLowerCase()
}

const lines = ['order_id,customer,email,sku,description,quantity,unit_cents,currency,country,ordered_on,note']
for (let n = 0; n < ORDERS; n += 1) {
  const [given, family] = [pick(GIVEN), pick(FAMILY)]
  const name = chance(0.06) ? pick(COMPANIES) : chance(0.1) ? `${family}, ${given}` : `${given} ${family}`
  const email = `${ascii(given)}.${ascii(family)}${chance(0.3) ? Math.floor(random() * 90) + 10 : ''}@example.${pick(['com', 'org', 'net'])}`
  const [sku, description, cents] = pick(PRODUCTS)
  const [country, currency] = pick(COUNTRIES)
  const quantity = chance(0.75) ? 1 : chance(0.7) ? 2 : 3 + Math.floor(random() * 10)
  const orderedOn = new Date(FIRST_DAY + Math.floor((n / ORDERS) * 28) * 86_400_000)
    .toISOString()
    .slice(0, 10)
  const row = [
    `A-${10_001 + n}`,
    name,
    email,
    sku,
    description,
    quantity,
    Math.round((cents * RATES[currency]) / 10) * 10,
    currency,
    country,
    orderedOn,
    chance(0.12) ? pick(NOTES) : '',
  ]
  lines.push(row.map(quote).join(','))
}
writeFileSync(new URL('../orders.csv', import.meta.url), `${lines.join('\n')}\n`)
