// Bodies of templates are written in a small markup: paragraphs apart by an empty line, **bold**, [label](address), # for
// a heading. HTML is made from it and never taken from anybody, so there is none to be smuggled in: values stand in the
// formatted text as one private character each until everything around them has been understood.

const firstSlot = 0xe000
const slotCount = 256

/** A text whose values are still to be put in: slot n stands for `values[n]`. */
export type Slotted = { text: string; values: readonly string[] }

export const slot = (index: number): string => {
  if (index >= slotCount) throw new RangeError('a text has 256 values at most')
  return String.fromCharCode(firstSlot + index)
}

/** Without characters that could be taken for a slot, or that nobody should have to read. */
export const plainValue = (value: string): string =>
  // oxlint-disable-next-line no-control-regex
  value.replace(/[\u0000-\u0008\u000b-\u001f\u007f\u200e\u200f\u202a-\u202e\u2066-\u2069\ue000-\uf8ff]/g, '')

const entities: Record<string, string> = { '&': '&amp;', '<': '&lt;', '>': '&gt;', '"': '&quot;', "'": '&#39;' }
/** For text and for quoted attributes. */
export const escapeHtml = (text: string): string => text.replace(/[&<>"']/g, (character) => entities[character] ?? '')

const slots = /[\ue000-\ue0ff]/g
const valueAt = (values: readonly string[], character: string): string =>
  values[character.charCodeAt(0) - firstSlot] ?? ''

const fill = ({ text, values }: Slotted): string => text.replace(slots, (character) => valueAt(values, character))
const asHtml = (text: string, values: readonly string[]): string =>
  escapeHtml(text)
    .replace(slots, (character) => escapeHtml(valueAt(values, character)))
    .replaceAll('\n', '<br>')

type Piece = { kind: 'text' | 'bold' | 'link'; text: string; target: string }
type Block = { heading: boolean; pieces: Piece[] }

function blocksOf(text: string): Block[] {
  return text
    .trim()
    .split(/\n[ \t]*\n\s*/)
    .map((block) => {
      const heading = block.startsWith('# ')
      return { heading, pieces: piecesOf((heading ? block.slice(2) : block).trim()) }
    })
}

function piecesOf(text: string): Piece[] {
  const pieces: Piece[] = []
  let from = 0
  for (const found of text.matchAll(/\*\*(.+?)\*\*|\[([^\]]+)\]\(([^)\s]*)\)/g)) {
    if (found.index > from) pieces.push({ kind: 'text', text: text.slice(from, found.index), target: '' })
    const [all, bold, label = '', target = ''] = found
    if (bold !== undefined) pieces.push({ kind: 'bold', text: bold, target: '' })
    else pieces.push({ kind: 'link', text: label, target })
    from = found.index + all.length
  }
  if (from < text.length) pieces.push({ kind: 'text', text: text.slice(from), target: '' })
  return pieces
}

/** Only the web: no script, no mail program, nothing of our own host by a path. */
const safeTarget = (target: string, values: readonly string[]): string => {
  const filled = fill({ text: target, values })
  return /^https?:\/\/[^\s<>"']+$/i.test(filled) ? filled : ''
}

/** For readers without HTML, and for short messages. A link without an address disappears. */
export function toPlain(slotted: Slotted): string {
  return blocksOf(slotted.text)
    .map(({ pieces }) =>
      pieces
        .map((piece) => {
          if (piece.kind !== 'link') return fill({ ...slotted, text: piece.text })
          const target = safeTarget(piece.target, slotted.values)
          return target === '' ? '' : `${fill({ ...slotted, text: piece.text })}: ${target}`
        })
        .join('')
        .trim(),
    )
    .filter((block) => block !== '')
    .join('\n\n')
}

/** Everything that came from elsewhere is escaped: what is left are our own h2, p, strong, br and a. */
export function toHtml(slotted: Slotted): string {
  return blocksOf(slotted.text)
    .map(({ heading, pieces }) => {
      const inner = pieces
        .map((piece) => {
          const text = asHtml(piece.text, slotted.values)
          if (piece.kind === 'bold') return `<strong>${text}</strong>`
          if (piece.kind === 'text') return text
          const target = safeTarget(piece.target, slotted.values)
          return target === '' ? '' : `<a href="${escapeHtml(target)}" rel="noopener noreferrer">${text}</a>`
        })
        .join('')
      const tag = heading ? 'h2' : 'p'
      return inner.trim() === '' ? '' : `<${tag}>${inner}</${tag}>`
    })
    .join('\n')
}

/** Subjects and short texts: one line of plain text. */
export const toLine = (slotted: Slotted): string => fill(slotted).replace(/\s+/g, ' ').trim()
