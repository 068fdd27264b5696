import type { RouteEntry } from '@souk/http'

/** A route and who offers it. */
export type Offered<Upstream> = RouteEntry & { readonly upstreams: readonly Upstream[] }

export type Found<Upstream> = { route: Offered<Upstream> } | { allow: readonly string[] }

export type RouteMap<Upstream> = {
  /** The route of a request; what its address takes instead; undefined: no route has this address. */
  find(method: string, path: string): Found<Upstream> | undefined
  readonly routes: readonly Offered<Upstream>[]
}

type Node<Upstream> = {
  fixed: Map<string, Node<Upstream>>
  any: Node<Upstream> | undefined
  rest: Map<string, Offered<Upstream>>
  here: Map<string, Offered<Upstream>>
}

const node = <Upstream>(): Node<Upstream> => ({ fixed: new Map(), any: undefined, rest: new Map(), here: new Map() })

/**
 * The routes of all upstreams in one tree, segment by segment, a fixed segment before a parameter before the rest: as the
 * upstreams' own routers have it. The raw path is looked at, never a decoded one: what two readers could read differently
 * is what nobody has a route for.
 */
export function createRouteMap<Upstream>(
  tables: readonly { upstream: Upstream; table: readonly RouteEntry[] }[],
): RouteMap<Upstream> {
  const offered = new Map<string, Offered<Upstream> & { upstreams: Upstream[] }>()
  for (const { upstream, table } of tables)
    for (const entry of table) {
      const key = `${entry.method} ${entry.url.replaceAll(/:\w+/g, ':')}`
      const known = offered.get(key)
      if (known === undefined) offered.set(key, { ...entry, upstreams: [upstream] })
      else if (!known.upstreams.includes(upstream)) known.upstreams.push(upstream)
    }
  const root = node<Upstream>()
  for (const route of offered.values()) {
    let at = root
    let isRest = false
    for (const segment of route.url.slice(1).split('/')) {
      if (segment === '*') {
        at.rest.set(route.method, route)
        isRest = true
      } else if (segment.startsWith(':')) at = at.any ??= node()
      else {
        const next = at.fixed.get(segment) ?? node()
        at.fixed.set(segment, next)
        at = next
      }
    }
    if (!isRest) at.here.set(route.method, route)
  }

  const search = (at: Node<Upstream>, segments: readonly string[], depth: number): Map<string, Offered<Upstream>> => {
    if (depth === segments.length) return at.here
    const segment = segments[depth] as string
    const fixed = at.fixed.get(segment)
    if (fixed !== undefined) {
      const found = search(fixed, segments, depth + 1)
      if (found.size > 0) return found
    }
    if (at.any !== undefined && segment !== '') {
      const found = search(at.any, segments, depth + 1)
      if (found.size > 0) return found
    }
    return at.rest
  }

  return {
    routes: [...offered.values()],
    find(method, path) {
      if (!isPlain(path)) return undefined
      const found = search(root, path.slice(1).split('/'), 0)
      const route = found.get(method) ?? (method === 'HEAD' ? found.get('GET') : undefined)
      if (route !== undefined) return { route }
      return found.size > 0 ? { allow: [...found.keys()].sort() } : undefined
    },
  }
}

/** No step up or aside, however it is written, and nothing a reader of addresses would mend. */
const isPlain = (path: string): boolean =>
  path.startsWith('/') && !/\\|%2f|%5c|%00|[^\x21-\x7e]/i.test(path) && !/(^|\/)(\.|%2e){1,2}(\/|$)/i.test(path)
