import type { Database } from '@souk/postgres'
import {
  type After,
  type EngineQuery,
  type EngineResult,
  type Hit,
  maxCounted,
  type SearchEngine,
  type TitleMatch,
} from '../engine.ts'
import {
  byIndexOnly,
  deleteDocuments,
  emptyGeneration,
  holdState,
  learnWords,
  listedIn,
  readState,
  startBuilding,
  switchGeneration,
  upsertDocuments,
} from './documents.sql.ts'
import { nearest } from '../typing-errors.ts'
import {
  anyMatch,
  closeWords,
  type Counted,
  countedMatches,
  endOfWalk,
  type Keyed,
  knownWords,
  titlesBeginning,
  walkedMatches,
  wordsBeginning,
  wordsQuery,
} from './find.sql.ts'

const aSearchMs = 2_000
const find = { readOnly: true, isolation: 'repeatable read', statementTimeoutMs: aSearchMs } as const

/** Full text in PostgreSQL, in the tables of this service. */
export function postgresEngine(db: Database): SearchEngine {
  const search = (query: EngineQuery): Promise<EngineResult> =>
    db.transaction(async (tx) => {
      const { active } = await readState(tx)
      await tx.one(byIndexOnly)
      const words = query.words.length === 0 ? null : await wordsQuery(tx, query.words, query.language)
      // Signs alone: nothing is made of them.
      if (words === null && query.words.length > 0)
        return { ...nothing, facets: query.withFacets ? noFacets : undefined }
      const goesOn = query.after?.walked ?? false
      const counted = goesOn ? undefined : await tx.one<Counted>(countedMatches(active, query, words))
      const total =
        counted === undefined
          ? { count: maxCounted, exact: false }
          : { count: Math.min(counted.matched, maxCounted), exact: counted.matched <= maxCounted }
      const facets = counted?.facets ?? undefined
      const ranked = counted && pageOf(counted.hits, query.limit, false)
      // Whoever begins with all of them counted goes on so, also when there are more by now.
      if (ranked !== undefined && (total.exact || query.after !== undefined)) return { ...ranked, total, facets }
      const best = query.sort === 'relevance' && words !== null ? inTitles(words) : words
      const rows = await tx.many<Keyed>(walkedMatches(active, query, best))
      if (rows.length > query.limit) return { ...pageOf(rows, query.limit, true), total, facets }
      const end = await tx.maybeOne<Omit<After, 'walked'>>(endOfWalk(active, query))
      // A word that is in thousands of descriptions and in few titles: the ranked ones are as good as any.
      if (ranked !== undefined && best !== words) return { ...ranked, total, facets }
      return { hits: rows.map(hitOf), next: end && { ...end, walked: true }, total, facets }
    }, find)

  return {
    name: 'postgresql',
    ready: async () => {},
    search,
    close: async () => {},
    write: (documents, gone) =>
      db.transaction(async (tx) => {
        const { active, building } = await holdState(tx)
        if (documents.length > 0) await learnWords(tx, active, documents)
        for (const generation of building === null ? [active] : [active, building]) {
          if (documents.length > 0) await upsertDocuments(tx, generation, documents)
          if (gone.length > 0) await deleteDocuments(tx, generation, gone)
        }
      }),
    async correct(words) {
      const known = await knownWords(db.autocommit, words)
      if (known.size === words.length) return undefined
      const meant: string[] = []
      for (const word of words) {
        if (known.has(word)) {
          meant.push(word)
          continue
        }
        const closest = nearest(word, await closeWords(db.autocommit, word, 50))
        const completed = closest === undefined ? (await wordsBeginning(db.autocommit, word, 1))[0] : undefined
        meant.push(closest ?? completed?.word ?? word)
      }
      return meant.join(' ') === words.join(' ') ? undefined : meant
    },
    async complete(words, limit) {
      const before = words.slice(0, -1)
      const last = words.at(-1) ?? ''
      if (last.length < 2) return []
      const begun = await wordsBeginning(db.autocommit, last, before.length === 0 ? limit : limit * 4)
      const closest =
        begun.length > 0 || last.length < 4 ? undefined : nearest(last, await closeWords(db.autocommit, last, 50))
      const ends = closest === undefined ? begun.map(({ word }) => word) : [closest]
      const texts = ends.map((word) => [...before, word])
      if (before.length === 0) return texts.map((text) => ({ text: text.join(' ') }))
      return db.transaction(async (tx) => {
        const { active } = await readState(tx)
        await tx.one(byIndexOnly)
        const found: { text: string }[] = []
        for (const text of texts) {
          if (found.length === limit) break
          const query = await wordsQuery(tx, text, 'english')
          if (query !== null && (await tx.maybeOne(anyMatch(active, query))) !== undefined)
            found.push({ text: text.join(' ') })
        }
        return found
      }, find)
    },
    async titles(prefix, limit, hiddenShopIds) {
      const { active } = await readState(db.autocommit)
      return db.autocommit.many<TitleMatch>(titlesBeginning(active, prefix, limit, hiddenShopIds))
    },
    beginRebuild: () =>
      db.transaction(async (tx) => {
        const { building } = await startBuilding(tx)
        await emptyGeneration(tx, building)
      }),
    async finishRebuild() {
      const switched = await db.transaction((tx) => switchGeneration(tx))
      if (switched !== undefined) await db.transaction((tx) => emptyGeneration(tx, switched.old))
    },
    async listed(afterId, limit) {
      const { active } = await readState(db.autocommit)
      return listedIn(db.autocommit, active, afterId, limit)
    },
  }
}

const nothing = { hits: [], next: undefined, total: { count: 0, exact: true } }
const noFacets = { categories: [], shops: [], stars: [], available: 0, prices: undefined }

/** The same words, in titles alone. */
export const inTitles = (words: string): string => words.replace(/'(?:[^']|'')*'/g, '$&:A')

const hitOf = ({ key: _key, ...hit }: Keyed): Hit => hit

function pageOf(rows: readonly Keyed[], limit: number, walked: boolean): { hits: Hit[]; next: After | undefined } {
  const last = rows.length > limit ? rows[limit - 1] : undefined
  return {
    hits: rows.slice(0, limit).map(hitOf),
    next: last && { key: last.key, productId: last.productId, walked },
  }
}
