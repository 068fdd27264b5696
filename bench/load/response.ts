/** A whole answer. `head` and `body` are latin-1 text: bytes as they came, which is all that ids and codes need. */
export type Response = { status: number; head: string; body: string; keepAlive: boolean }

/**
 * Puts one answer together from what the socket delivers. One request is in flight on a socket at a time, so whatever
 * follows an answer is a fault of the server.
 */
export type ResponseReader = {
  /** The answer, once whole; null while more is to come. Throws Error on bytes that are no HTTP/1.1. */
  feed(bytes: Buffer, length: number): Response | null
  /** The answer that the end of the connection completes, when it had no length of its own. */
  end(): Response | null
  reset(): void
}

export function createResponseReader(): ResponseReader {
  let text = ''
  let head: Head | null = null

  const feed = (bytes: Buffer, length: number): Response | null => {
    const arrived = bytes.toString('latin1', 0, length)
    text = text === '' ? arrived : text + arrived
    if (!head) {
      head = readHead(text)
      if (!head) return null
    }
    const body = readBody(text, head)
    if (body === null) return null
    return finish(head, body)
  }

  const finish = (of: Head, body: string): Response => {
    const response = { status: of.status, head: text.slice(0, of.end), body, keepAlive: of.keepAlive }
    reset()
    return response
  }

  const reset = () => {
    text = ''
    head = null
  }

  const end = (): Response | null => {
    if (!head || head.length !== 'until-close') return null
    return finish({ ...head, keepAlive: false }, text.slice(head.end))
  }

  return { feed, end, reset }
}

type Head = { status: number; end: number; length: number | 'chunked' | 'until-close'; keepAlive: boolean }

function readHead(text: string): Head | null {
  if (text.length >= 9 && !text.startsWith('HTTP/1.')) throw new Error('not an HTTP answer')
  const blank = text.indexOf('\r\n\r\n')
  if (blank < 0) {
    if (text.length > 65_536) throw new Error('answer head over 64 KiB')
    return null
  }
  const head = text.slice(0, blank + 2)
  const status = Number(text.slice(9, 12))
  const length = headerValue(head, 'content-length')
  return {
    status,
    end: blank + 4,
    length:
      length !== null
        ? Number(length)
        : status === 204 || status === 304
          ? 0
          : headerValue(head, 'transfer-encoding') !== null
            ? 'chunked'
            : 'until-close',
    keepAlive: text.startsWith('HTTP/1.1') && !/^close$/i.test(headerValue(head, 'connection') ?? ''),
  }
}

function readBody(text: string, head: Head): string | null {
  if (head.length === 'until-close') return null
  if (head.length === 'chunked') return readChunks(text, head.end)
  const end = head.end + head.length
  if (text.length > end) throw new Error('bytes after the answer')
  return text.length === end ? text.slice(head.end) : null
}

function readChunks(text: string, from: number): string | null {
  let body = ''
  let at = from
  for (;;) {
    const lineEnd = text.indexOf('\r\n', at)
    if (lineEnd < 0) return null
    const size = Number.parseInt(text.slice(at, lineEnd), 16)
    if (Number.isNaN(size)) throw new Error('chunk without a size')
    // Trailers, if any, end with a blank line; without them the blank line follows at once.
    if (size === 0) return text.indexOf('\r\n\r\n', lineEnd) < 0 ? null : body
    const start = lineEnd + 2
    if (text.length < start + size + 2) return null
    body += text.slice(start, start + size)
    at = start + size + 2
  }
}

/** The first value of a header, trimmed; null when it is not there. `name` in lower case. */
export function headerValue(head: string, name: string): string | null {
  // Servers on Node answer in lower case or In-Title-Case: two plain searches are several times cheaper than one
  // case-blind regular expression, which stays for the others.
  const spelling = spellingOf(name)
  let at = head.indexOf(spelling.lower)
  if (at < 0) at = head.indexOf(spelling.title)
  if (at < 0) at = head.search(spelling.anyCase)
  if (at < 0) return null
  const start = at + spelling.lower.length
  return head.slice(start, head.indexOf('\r\n', start)).trim()
}

type Spelling = { lower: string; title: string; anyCase: RegExp }
const spellings = new Map<string, Spelling>()

function spellingOf(name: string): Spelling {
  let spelling = spellings.get(name)
  if (!spelling) {
    const title = name.replace(/(^|-)([a-z])/g, (_, dash: string, letter: string) => dash + letter.toUpperCase())
    spelling = { lower: `\n${name}:`, title: `\n${title}:`, anyCase: new RegExp(`\n${name}:`, 'i') }
    spellings.set(name, spelling)
  }
  return spelling
}

/** Pause a `Retry-After` asks for, in milliseconds; null without one. Knows seconds and HTTP dates. */
export function retryAfterMs(head: string, now: Date): number | null {
  const value = headerValue(head, 'retry-after')
  if (value === null) return null
  if (/^\d+$/.test(value)) return Number(value) * 1000
  const at = Date.parse(value)
  return Number.isNaN(at) ? null : Math.max(0, at - now.getTime())
}
