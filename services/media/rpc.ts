import { MediaService } from '@souk/contracts/media'
import { isUuid } from '@souk/postgres'
import type { RpcHandlers } from '@souk/rpc'
import { findPersonal, keepPersonal } from './keep-personal.ts'
import type { MediaDeps } from './keep-pictures.ts'
import { pictureUrl } from './views.ts'

export const mediaRpc =
  (deps: MediaDeps, baseUrl: string): RpcHandlers =>
  (router) =>
    router.service(MediaService, {
      async getPersonalPicture({ accountId, mediaId }) {
        if (!isUuid(accountId) || !isUuid(mediaId)) return {}
        const media = await findPersonal(deps, accountId, mediaId)
        return media === undefined ? {} : { picture: { mediaId, url: pictureUrl(baseUrl, mediaId, 160, 'webp') } }
      },
      async keepPersonalPicture({ accountId, mediaId }) {
        if (!isUuid(accountId)) return { forgotten: 0 }
        return { forgotten: await keepPersonal(deps, accountId, mediaId === '' ? undefined : mediaId) }
      },
    })
