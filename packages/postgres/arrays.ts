/** Value of a hexadecimal digit by its byte; 255: none. */
const digits = new Uint8Array(256).fill(255)
for (const [value, digit] of [...'0123456789abcdef'].entries()) {
  digits[digit.charCodeAt(0)] = value
  digits[digit.toUpperCase().charCodeAt(0)] = value
}

/** The type of the elements, its number in every PostgreSQL. */
const uuidType = 2950
const textType = 25
const headBytes = 20
const textLength = 36
const hyphen = 45

let scratch = Buffer.allocUnsafe(16_384)

/** All texts one after the other, in a buffer that is used again. @throws TypeError when one of them cannot be an id */
function textsOf(ids: readonly (string | null)[]): Buffer {
  for (const id of ids) if (id !== null && id.length !== textLength) throw new TypeError(`not an id: ${id}`)
  const text = ids.join('')
  if (text.length > scratch.length) scratch = Buffer.allocUnsafe(text.length * 2)
  // Whatever is not ASCII takes more bytes than it has characters.
  if (Buffer.byteLength(text) !== text.length) throw new TypeError('not an id: it holds what ids do not')
  scratch.write(text)
  return scratch
}

/**
 * Ids as one array parameter (`::uuid[]`), in the server's own binary form, which the driver passes on as it is: half the
 * bytes, and read by the server in a tenth of the time that 36 characters take. An order has some twenty of them.
 * @throws TypeError for anything that is no id
 */
export function uuidArray(ids: readonly (string | null)[]): Buffer {
  const texts = textsOf(ids)
  const bytes = Buffer.allocUnsafe(headBytes + ids.length * 20)
  let from = 0
  let at = headBytes
  let wrong = 0
  for (let index = 0; index < ids.length; index += 1) {
    if (ids[index] === null) {
      at = bytes.writeInt32BE(-1, at)
      continue
    }
    bytes[at] = 0
    bytes[at + 1] = 0
    bytes[at + 2] = 0
    bytes[at + 3] = 16
    at += 4
    for (let character = 0; character < textLength; character += 2) {
      if (character === 8 || character === 13 || character === 18 || character === 23) {
        wrong |= (texts[from + character] as number) ^ hyphen
        character += 1
      }
      const high = digits[texts[from + character] as number] as number
      const low = digits[texts[from + character + 1] as number] as number
      wrong |= (high | low) & 0xf0
      bytes[at] = (high << 4) | low
      at += 1
    }
    if (wrong !== 0) throw new TypeError(`not an id: ${ids[index]}`)
    from += textLength
  }
  return withHead(bytes.subarray(0, at), uuidType, ids.length, at < bytes.length)
}

/** Dimensions, whether there are nulls, the type; then how many and from which number they are counted. */
function withHead(bytes: Buffer, elementType: number, length: number, hasNull: boolean): Buffer {
  bytes.writeInt32BE(length === 0 ? 0 : 1, 0)
  bytes.writeInt32BE(hasNull ? 1 : 0, 4)
  bytes.writeInt32BE(elementType, 8)
  bytes.writeInt32BE(length, 12)
  bytes.writeInt32BE(1, 16)
  // An array of nothing has no dimension: it ends after its type.
  return length === 0 ? bytes.subarray(0, 12) : bytes
}

const roomForLength = '\0\0\0\0'

/** Texts as one array parameter (`::text[]`), as they are: the driver's own form has every one of them escaped and read again. */
export function textArray(texts: readonly string[]): Buffer {
  // Each begins with its length. They are written all at once, with room for that: a call for every one took longer.
  const joined = texts.length === 0 ? '' : roomForLength + texts.join(roomForLength)
  const characters = Buffer.byteLength(joined)
  const bytes = Buffer.allocUnsafe(headBytes + characters)
  // Where each begins is known from its length, unless some characters take more than one byte.
  const isAscii = characters === joined.length
  bytes.write(joined, headBytes, isAscii ? 'latin1' : 'utf8')
  let at = headBytes
  for (const text of texts) {
    const length = isAscii ? text.length : Buffer.byteLength(text)
    bytes[at] = length >>> 24
    bytes[at + 1] = length >>> 16
    bytes[at + 2] = length >>> 8
    bytes[at + 3] = length
    at += 4 + length
  }
  return withHead(bytes, textType, texts.length, false)
}

/**
 * Whole numbers as one array parameter, written at once: the driver would escape every element by itself, with two regular
 * expressions each, and a batch of orders has ten arrays. Free text goes as an array.
 */
export const integerArray = (values: readonly number[]): string => {
  for (const value of values) if (!Number.isSafeInteger(value)) throw new TypeError(`not a whole number: ${value}`)
  return `{${values.join(',')}}`
}
