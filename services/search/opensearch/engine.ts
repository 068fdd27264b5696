import { Client } from '@opensearch-project/opensearch'
import { titleKeyOf } from '../document.ts'
import type { EngineQuery, EngineResult, Hit, SearchEngine, TitleMatch } from '../engine.ts'
import { indexBody, sourceOf, type Source } from './mapping.ts'
import { type Aggregations, facetsFrom, filtersOf, searchBody } from './query.ts'

export type OpenSearchOptions = {
  url: string
  /** What is searched under; the indexes behind it have names of their own. */
  alias: string
  timeoutMs: number
}

type FoundHit = { _source: Source; sort: (number | string)[] }
type Found = {
  hits: { total: { value: number; relation: 'eq' | 'gte' }; hits: FoundHit[] }
  aggregations?: Aggregations
}

const statusOf = (error: unknown) => (error as { statusCode?: number }).statusCode

/** Full text in an OpenSearch. An alias names the index that is searched, another the one being filled beside it. */
export function opensearchEngine({ url, alias, timeoutMs }: OpenSearchOptions): SearchEngine {
  const client = new Client({ node: url, requestTimeout: timeoutMs, maxRetries: 1 })
  const building = `${alias}-building`

  const indexesOf = async (name: string): Promise<string[]> => {
    try {
      return Object.keys((await client.indices.getAlias({ name })).body)
    } catch (error) {
      if (statusOf(error) === 404) return []
      throw error
    }
  }
  async function ready(): Promise<void> {
    if ((await indexesOf(alias)).length > 0) return
    try {
      await client.indices.create({ index: `${alias}-1`, body: { ...indexBody, aliases: { [alias]: {} } } as never })
    } catch (error) {
      // Another process was quicker, with the same.
      if (!/resource_already_exists/.test(String((error as Error).message))) throw error
    }
  }
  const ask = async (body: unknown): Promise<Found> =>
    (await client.search({ index: alias, body: body as never })).body as unknown as Found
  const hitOf = ({
    _source: { productId, shopId, title, priceMinor, currency, ratingTenths, available, card },
  }: FoundHit): Hit => ({
    productId,
    shopId,
    title,
    priceMinor,
    currency,
    ratingTenths,
    available,
    card,
  })

  async function correct(words: readonly string[]): Promise<string[] | undefined> {
    const suggest = Object.fromEntries(
      words.map((word, at) => [
        `w${at}`,
        {
          text: word,
          term: {
            field: 'spelling',
            suggest_mode: 'missing',
            size: 1,
            prefix_length: 0,
            min_word_length: 3,
            string_distance: 'damerau_levenshtein',
          },
        },
      ]),
    )
    const { body } = await client.search({ index: alias, body: { size: 0, suggest } as never })
    const found = (body as unknown as { suggest?: Record<string, { options: { text: string }[] }[]> }).suggest ?? {}
    const meant = words.map((word, at) => found[`w${at}`]?.[0]?.options[0]?.text ?? word)
    return meant.join(' ') === words.join(' ') ? undefined : meant
  }

  /** The commonest words that begin so in what is found by the words before; of thousands of matches 5,000 are looked at. */
  async function beginnings(before: readonly string[], last: string, limit: number): Promise<string[]> {
    const prefix = titleKeyOf(last)
    const query = aQuery(before)
    const body = searchBody(query)
    // `.{0,40}`, not `.*`: for that, 2.19 has a short way that fails behind the last word there is.
    const { body: answer } = await client.search({
      index: alias,
      body: {
        size: 0,
        terminate_after: 5_000,
        query: { bool: { filter: [body.query, { prefix: { spellingWords: prefix } }] } },
        aggs: { words: { terms: { field: 'spellingWords', size: limit, include: `${escaped(prefix)}.{0,40}` } } },
      } as never,
    })
    const found = answer.aggregations as unknown as { words: { buckets: { key: string }[] } } | undefined
    return found?.words.buckets.map(({ key }) => key) ?? []
  }

  return {
    name: 'opensearch',
    ready,
    correct,
    close: () => client.close(),
    async write(documents, gone) {
      await ready()
      const indexes = [...(await indexesOf(alias)), ...(await indexesOf(building))]
      const operations = indexes.flatMap((index) => [
        ...documents.flatMap((document) => [
          { index: { _index: index, _id: document.productId, version: document.mark, version_type: 'external_gte' } },
          sourceOf(document),
        ]),
        ...gone.map(({ productId, mark }) => ({
          delete: { _index: index, _id: productId, version: mark, version_type: 'external_gte' },
        })),
      ])
      if (operations.length === 0) return
      const { body } = await client.bulk({ body: operations as never }, { requestTimeout: 30_000 })
      if (!body.errors) return
      // 409: there is a newer one. 404: it was not there.
      const faults = body.items
        .map((item) => item.index ?? item.delete)
        .filter((item) => item !== undefined && item.status >= 400 && item.status !== 409 && item.status !== 404)
      if (faults.length > 0)
        throw new Error(`OpenSearch refused ${faults.length} documents: ${JSON.stringify(faults[0]?.error)}`)
    },
    async search(query): Promise<EngineResult> {
      const { hits, aggregations } = await ask(searchBody(query))
      const last = hits.hits.length > query.limit ? hits.hits[query.limit - 1] : undefined
      return {
        hits: hits.hits.slice(0, query.limit).map(hitOf),
        next: last && {
          key: query.sort === 'newest' ? 0 : Number(last.sort[0]),
          productId: last._source.productId,
          walked: false,
        },
        total: { count: hits.total.value, exact: hits.total.relation === 'eq' },
        facets: aggregations && facetsFrom(aggregations),
      }
    },
    async complete(words, limit) {
      const before = words.slice(0, -1)
      const last = words.at(-1) ?? ''
      if (last.length < 2) return []
      let ends = await beginnings(before, last, limit)
      if (ends.length === 0 && last.length >= 4) ends = (await correct([last])) ?? []
      return ends.map((word) => ({ text: [...before, word].join(' ') }))
    },
    async titles(prefix, limit, hiddenShopIds) {
      const { bool } = { bool: filtersOf({ ...aQuery([]), hiddenShopIds }) }
      const { hits } = await ask({
        query: { bool: { ...bool, filter: [{ prefix: { titleKey: prefix } }] } },
        sort: [{ score: 'desc' }, { productId: 'desc' }],
        size: limit,
        track_total_hits: false,
      })
      return hits.hits
        .map(hitOf)
        .map(({ productId, shopId, title, card }): TitleMatch => ({ productId, shopId, title, card }))
    },
    async beginRebuild() {
      const left = await indexesOf(building)
      if (left.length > 0) await client.indices.delete({ index: left })
      await client.indices.create({
        index: `${alias}-${Date.now()}`,
        body: { ...indexBody, aliases: { [building]: {} } } as never,
      })
    },
    async finishRebuild() {
      const [fresh, ...others] = await indexesOf(building)
      if (fresh === undefined || others.length > 0) return
      await client.indices.refresh({ index: fresh })
      const old = await indexesOf(alias)
      // One step: at no time is there none, or are there two.
      await client.indices.updateAliases({
        body: {
          actions: [
            ...old.map((index) => ({ remove_index: { index } })),
            { remove: { index: fresh, alias: building } },
            { add: { index: fresh, alias } },
          ],
        } as never,
      })
    },
    async listed(afterId, limit) {
      const { hits } = await ask({
        query: { match_all: {} },
        sort: [{ productId: 'asc' }],
        size: limit,
        _source: ['productId', 'shopId', 'card'],
        search_after: [afterId],
      })
      return hits.hits.map(({ _source: { productId, shopId, card } }) => ({
        productId,
        shopId,
        version: card.version ?? 0,
      }))
    },
  }
}

const escaped = (text: string): string => text.replace(/[.?+*|{}[\]()"\\#@&<>~^$-]/g, '\\$&')

const aQuery = (words: readonly string[]): EngineQuery => ({
  words,
  language: 'english',
  categoryId: undefined,
  shopId: undefined,
  currency: undefined,
  minPriceMinor: undefined,
  maxPriceMinor: undefined,
  minStars: undefined,
  availableOnly: false,
  hiddenShopIds: [],
  sort: 'relevance',
  after: undefined,
  limit: 1,
  withFacets: false,
})
