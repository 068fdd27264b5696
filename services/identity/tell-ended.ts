import type { News } from '@souk/cache'
import type { Route } from '@souk/http'

/** On which every process hears that it should ask for ended sessions now, and not only within the second. */
export const endedChannel = 'identity.ended'

/** After these, sessions or API keys may have ended that are still believed elsewhere. */
export const endingOperations: ReadonlySet<string> = new Set([
  'logOut',
  'endSession',
  'changePassword',
  'refresh',
  'revokeApiKey',
  'setAccountRoles',
  'disableAccount',
  'closeMyAccount',
  'closeAccount',
  'resetSecondFactor',
])

/** Answered or refused: a stolen token that is used again is refused, and ends its session. Who lives on says nothing. */
export const tellingEnded = (routes: readonly Route[], news: News): Route[] =>
  routes.map((route) => {
    if (!endingOperations.has(route.operationId)) return route
    const tellsOnSuccess = route.operationId !== 'refresh'
    return {
      ...route,
      async handle(request) {
        let answered = false
        try {
          const answer = await route.handle(request)
          answered = true
          return answer
        } finally {
          if (answered === tellsOnSuccess) news.publish(endedChannel, [])
        }
      },
    }
  })
