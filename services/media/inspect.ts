import { open } from 'node:fs/promises'
import sharp from 'sharp'
import { type ContentType, maxPixels } from './picture.ts'

// Only these are ever decoded, whatever the bytes claim to be: no SVG, PDF, TIFF or what else the library could read.
sharp.block({ operation: ['VipsForeignLoad'] })
sharp.unblock({
  operation: [
    'VipsForeignLoadJpeg',
    'VipsForeignLoadPng',
    'VipsForeignLoadWebp',
    'VipsForeignLoadHeif',
    'VipsForeignLoadNsgif',
  ],
})
// Nothing of one shop's picture is kept in memory while another's is made; two cores are enough for one at a time.
sharp.cache(false)
sharp.concurrency(2)

export const readOptions = { limitInputPixels: maxPixels, failOn: 'error', sequentialRead: true } as const
const decodeSeconds = 30

export type Inspected = { ok: true; width: number; height: number } | { ok: false; reason: string }

const refused = (reason: string): Inspected => ({ ok: false, reason })

/** What the bytes are, by how they begin; undefined for anything we do not take. */
export function typeOfBytes(head: Buffer): ContentType | undefined {
  const ascii = (from: number, to: number) => head.toString('latin1', from, to)
  if (head.length < 12) return undefined
  if (head[0] === 0xff && head[1] === 0xd8 && head[2] === 0xff) return 'image/jpeg'
  if (head.subarray(0, 8).equals(Buffer.from('89504e470d0a1a0a', 'hex'))) return 'image/png'
  if (ascii(0, 4) === 'RIFF' && ascii(8, 12) === 'WEBP') return 'image/webp'
  if (ascii(4, 12) === 'ftypavif' || ascii(4, 12) === 'ftypavis') return 'image/avif'
  if (ascii(0, 6) === 'GIF87a' || ascii(0, 6) === 'GIF89a') return 'image/gif'
  return undefined
}

const tailBytes = 66_000 // an archive's end lies within 65,557 bytes of the file's
const formatOf: Readonly<Record<ContentType, string>> = {
  'image/jpeg': 'jpeg',
  'image/png': 'png',
  'image/webp': 'webp',
  'image/avif': 'heif',
  'image/gif': 'gif',
}

/** What is hidden in a file that is something else as well: a page, a script, an archive, a document. */
function hiddenIn(type: ContentType, head: Buffer, tail: Buffer): string | undefined {
  const texts = [head, tail].map((part) => part.toString('latin1').toLowerCase())
  if (texts.some((text) => /<script|<\?php|<!doctype html|<html|<svg[\s>]|<iframe/.test(text)))
    return 'there is a page or a script in it'
  if (head.subarray(0, 1_024).includes('%PDF-')) return 'it is a PDF document as well'
  if (tail.includes(Buffer.from('504b0506', 'hex'))) return 'it is an archive as well'
  if (type === 'image/png') {
    const end = tail.lastIndexOf('IEND')
    if (end < 0 || end + 8 !== tail.length) return 'there is something behind its end'
  }
  return undefined
}

/**
 * Look at a file: by its first bytes, by what may be hidden in it, and by decoding every pixel of it.
 * @param contentType what it was announced as
 */
export async function inspect(path: string, contentType: ContentType): Promise<Inspected> {
  const file = await open(path)
  let head: Buffer
  let tail: Buffer
  try {
    const { size } = await file.stat()
    const read = async (at: number, length: number) => {
      const { buffer, bytesRead } = await file.read(Buffer.alloc(length), 0, length, at)
      return buffer.subarray(0, bytesRead)
    }
    head = await read(0, Math.min(size, tailBytes))
    tail = await read(Math.max(0, size - tailBytes), Math.min(size, tailBytes))
  } finally {
    await file.close()
  }
  const found = typeOfBytes(head)
  if (found === undefined) return refused('it does not begin like a JPEG, PNG, WebP, AVIF or GIF')
  if (found !== contentType) return refused(`it was announced as ${contentType} and is ${found}`)
  const hidden = hiddenIn(found, head, tail)
  if (hidden !== undefined) return refused(hidden)
  try {
    const metadata = await sharp(path, readOptions).metadata()
    if (metadata.format !== formatOf[contentType]) return refused(`it cannot be read as ${contentType}`)
    // Shrunk to one pixel: every other one has to be decoded for that.
    await sharp(path, readOptions).resize(1, 1, { fit: 'fill' }).timeout({ seconds: decodeSeconds }).raw().toBuffer()
    const { width, height } = metadata.autoOrient
    return { ok: true, width, height }
  } catch (error) {
    return refused(reasonOf(error as Error))
  }
}

function reasonOf({ message }: Error): string {
  if (/pixel limit/i.test(message)) return `it has more than ${maxPixels / 1e6} million pixels`
  if (/timeout/i.test(message)) return 'it takes too long to decode'
  return 'it is damaged or not whole'
}
