import type { Souk } from '@souk/sdk'

const kinds = ['image/jpeg', 'image/png', 'image/webp', 'image/avif', 'image/gif'] as const
/** As large as the API takes one of a person. */
export const largestBytes = 15 * 1024 * 1024
/** Its sizes are made in a second or two; whoever waited longer sees the picture at the next look. */
const waitMs = 6_000
const stepMs = 300

export type Refused = 'not-a-picture' | 'too-large' | 'not-sent'

/**
 * A picture somebody chose of themselves, sent where the marketplace says, looked at there and shown from then on.
 * @returns what is wrong with it, or undefined. @throws SoukProblem
 */
export async function sendPicture(souk: Souk, apiUrl: string, file: File): Promise<Refused | undefined> {
  const contentType = kinds.find((kind) => kind === file.type)
  if (contentType === undefined || file.size === 0) return 'not-a-picture'
  if (file.size > largestBytes) return 'too-large'
  const { media, upload } = await souk.createPersonalPicture({ body: { contentType, bytes: file.size } })
  const sent = await fetch(new URL(upload.url, apiUrl), {
    method: upload.method,
    headers: upload.headers as Record<string, string>,
    body: file,
    signal: AbortSignal.timeout(60_000),
  })
  if (!sent.ok) return 'not-sent'
  const path = { mediaId: media.id }
  let { state } = await souk.completePersonalPicture({ path })
  for (let waitedMs = 0; state === 'processing' && waitedMs < waitMs; waitedMs += stepMs) {
    await new Promise((resolve) => setTimeout(resolve, stepMs))
    state = (await souk.getPersonalPicture({ path })).state
  }
  if (state === 'refused') return 'not-a-picture'
  await souk.setMyAvatar({ body: { mediaId: media.id } })
  return undefined
}
