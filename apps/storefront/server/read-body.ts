import type { IncomingMessage } from 'node:http'

const longestBody = 100_000
/** A picture somebody shows of themselves, and what a form adds to it; a few at a time, since they are held in memory. */
const longestPicture = 15 * 2 ** 20 + 10_000
const mostPictures = 8
const takesPictures = /^(\/de)?\/account\/profile(\.data)?$/

export class TooLarge extends Error {}

let picturesComing = 0

/** @param path a form with a picture may be larger. @throws TooLarge */
export async function bodyOf(request: IncomingMessage, path: string): Promise<Uint8Array<ArrayBuffer>> {
  if (!takesPictures.test(path)) return readBody(request, longestBody)
  if (picturesComing >= mostPictures) throw new TooLarge()
  picturesComing += 1
  try {
    return await readBody(request, longestPicture)
  } finally {
    picturesComing -= 1
  }
}

async function readBody(request: IncomingMessage, longest: number): Promise<Uint8Array<ArrayBuffer>> {
  const parts: Buffer[] = []
  let size = 0
  for await (const part of request as AsyncIterable<Buffer>) {
    size += part.length
    if (size > longest) throw new TooLarge()
    parts.push(part)
  }
  return new Uint8Array(Buffer.concat(parts))
}
