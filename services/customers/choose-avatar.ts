import type { MediaService } from '@souk/contracts/media'
import type { Tx } from '@souk/postgres'
import type { Client } from '@souk/rpc'
import type { Work } from '@souk/service'
import type { By, ChangeDeps } from './announce.ts'
import { changeCustomer } from './change-profile.ts'
import type { Customer } from './customers.sql.ts'
import { errors } from './errors.ts'

export type Avatar = { mediaId: string; url: string }
export type AvatarDeps = ChangeDeps & {
  work: Work
  media: Pick<Client<typeof MediaService>, 'getPersonalPicture' | 'keepPersonalPicture'>
}

/** Pictures nobody is shown any more are forgotten by media soon after, however often that has to be tried. */
export const forgetPicturesQueue = 'customers.forget-pictures'

/** What somebody uploaded of themselves. Asked outside any transaction. @throws avatar-not-found */
export async function findAvatar(deps: AvatarDeps, customerId: string, mediaId: string): Promise<Avatar> {
  const { picture } = await deps.media.getPersonalPicture({ accountId: customerId, mediaId })
  if (picture === undefined) throw errors.error('avatar-not-found', 'There is no such picture of yours.')
  return { mediaId: picture.mediaId, url: picture.url }
}

/** Show this picture, or none. The ones before it go. */
export async function chooseAvatar(deps: AvatarDeps, tx: Tx, avatar: Avatar | null, by: By): Promise<Customer> {
  const customer = await changeCustomer(deps, tx, by, (before) => ({
    ...before,
    avatarMediaId: avatar?.mediaId ?? null,
    avatarUrl: avatar?.url ?? null,
    version: before.version + 1,
  }))
  await deps.work.enqueue(tx, forgetPicturesQueue, { customerId: by.customerId, keep: avatar?.mediaId ?? '' })
  return customer
}

/** The work behind it. Repeating it forgets nothing more. */
export const forgetPictures = (deps: AvatarDeps, payload: unknown) => {
  const { customerId, keep } = payload as { customerId: string; keep: string }
  return deps.media.keepPersonalPicture({ accountId: customerId, mediaId: keep })
}
