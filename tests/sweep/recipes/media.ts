import { eventually } from '@souk/testing'
import type { World } from '../world.ts'
import { anybody, keeper, type Recipes, shopper } from './recipe.ts'

/** One grey pixel. */
const pixel = Buffer.from(
  'iVBORw0KGgoAAAANSUhEUgAAAAEAAAABCAIAAACQd1PeAAAACXBIWXMAAAPoAAAD6AG1e1JrAAAADElEQVQImWPo6OgAAAM0AZmUse0HAAAAAElFTkSuQmCC',
  'base64',
)

type Announced = { media: { id: string }; upload: { url: string; headers: Record<string, string> } }

const newMedia = ({ a: { shopId } }: World) => ({
  shopId,
  fileName: 'pixel.png',
  alt: 'A pixel',
  contentType: 'image/png',
  bytes: pixel.length,
})

const announced = (world: World) => world.do<Announced>(world.a.staff.catalog, 'POST', '/v1/media', newMedia(world))

/** Its bytes have come. */
async function sent(world: World): Promise<string> {
  const { media, upload } = await announced(world)
  const reply = await world.as(undefined, 'PUT', upload.url, pixel, upload.headers)
  if (reply.status !== 204) throw new Error(`${upload.url}: ${reply.status} ${reply.text}`)
  return media.id
}

const madeIn = new WeakMap<World, Promise<string>>()
/** One that is ready; made once, since nothing done here uses it up. */
function ready(world: World): Promise<string> {
  const made =
    madeIn.get(world) ??
    (async () => {
      const mediaId = await sent(world)
      const clerk = world.a.staff.catalog
      await world.do(clerk, 'POST', `/v1/media/${mediaId}/complete`)
      await eventually(async () => {
        const { state } = await world.do<{ state: string }>(clerk, 'GET', `/v1/media/${mediaId}`)
        if (state !== 'ready') throw new Error(`the picture is ${state}`)
      })
      return mediaId
    })()
  madeIn.set(world, made)
  return made
}

const signedOf = (url: string) => Object.fromEntries(new URL(url, 'http://souk.example').searchParams)

const announcedFace = (world: World) =>
  world.do<Announced>(world.a.customer, 'POST', '/v1/media/personal', { contentType: 'image/png', bytes: pixel.length })

/** Of the customer of shop A, whose bytes have come. */
async function sentFace(world: World): Promise<string> {
  const { media, upload } = await announcedFace(world)
  const reply = await world.as(undefined, 'PUT', upload.url, pixel, upload.headers)
  if (reply.status !== 204) throw new Error(`${upload.url}: ${reply.status} ${reply.text}`)
  return media.id
}

/** One that may be shown. */
export async function aFace(world: World): Promise<string> {
  const mediaId = await sentFace(world)
  await world.do(world.a.customer, 'POST', `/v1/media/personal/${mediaId}/complete`)
  return mediaId
}

export const mediaRecipes: Recipes = {
  createMedia: keeper('catalog')(201, (world) => ({ body: newMedia(world) })),
  completeMedia: keeper('catalog')(200, async (world) => ({ params: { mediaId: await sent(world) } })),
  listMedia: keeper('catalog')(200, ({ a: { shopId } }) => ({ query: { shopId, state: 'ready', limit: 5 } })),
  getMedia: keeper('catalog')(200, ({ a: { mediaId } }) => ({ params: { mediaId } })),
  downloadMedia: keeper('catalog')(200, async (world) => ({ params: { mediaId: await ready(world) } })),
  deleteMedia: keeper('catalog')(204, async (world) => ({ params: { mediaId: (await announced(world)).media.id } })),
  getMediaUsage: keeper('catalog')(200, ({ a: { shopId } }) => ({ params: { shopId } })),
  createPersonalPicture: shopper(201, () => ({ body: { contentType: 'image/png', bytes: pixel.length } })),
  completePersonalPicture: shopper(200, async (world) => ({ params: { mediaId: await sentFace(world) } })),
  getPersonalPicture: shopper(200, async (world) => ({ params: { mediaId: (await announcedFace(world)).media.id } })),
  deletePersonalPicture: shopper(204, async (world) => ({
    params: { mediaId: (await announcedFace(world)).media.id },
  })),
  getPicture: anybody(200, async (world) => ({ params: { mediaId: await ready(world), file: '160.webp' } })),
  uploadMedia: anybody(204, async (world) => {
    const { media, upload } = await announced(world)
    return { params: { mediaId: media.id }, query: signedOf(upload.url), body: pixel, headers: upload.headers }
  }),
  fetchMedia: anybody(200, async (world) => {
    const mediaId = await ready(world)
    const link = await world.do<{ url: string }>(world.a.staff.catalog, 'POST', `/v1/media/${mediaId}/download`)
    return { params: { mediaId }, query: signedOf(link.url) }
  }),
}
