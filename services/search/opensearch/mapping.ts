import { describedLength, languages, ratingKeyOf, scoreOf, type SearchDocument, titleKeyOf } from '../document.ts'
import { wordsOf } from '../words.ts'

const folded = ['lowercase', 'asciifolding']

/** Words as they are ("plain") and by their stems, one analyser for each language; without accents and case. */
export const indexBody = {
  settings: {
    number_of_shards: 1,
    // Found within two seconds of the change: half a second here, half in our own job.
    refresh_interval: '500ms',
    // How long a deletion is remembered, so that an older writing that comes late does not undo it.
    gc_deletes: '10m',
    analysis: {
      filter: Object.fromEntries(
        languages.map((language) => [`stem_${language}`, { type: 'stemmer', language: stemmerOf(language) }]),
      ),
      analyzer: {
        plain: { type: 'custom', tokenizer: 'standard', filter: folded },
        ...Object.fromEntries(
          languages.map((language) => [
            `words_${language}`,
            { type: 'custom', tokenizer: 'standard', filter: ['lowercase', `stem_${language}`, 'asciifolding'] },
          ]),
        ),
      },
    },
  },
  mappings: {
    dynamic: false,
    properties: {
      productId: { type: 'keyword' },
      shopId: { type: 'keyword' },
      title: text({ copyTo: 'spelling' }),
      tags: text({ copyTo: 'spelling' }),
      description: text({}),
      spelling: { type: 'text', analyzer: 'plain' },
      spellingWords: { type: 'keyword' },
      titleKey: { type: 'keyword' },
      ...Object.fromEntries(
        languages.map((language) => [`text_${language}`, { type: 'text', analyzer: `words_${language}` }]),
      ),
      categoryIds: { type: 'keyword' },
      priceMinor: { type: 'long' },
      currency: { type: 'keyword' },
      ratingTenths: { type: 'short' },
      ratingKey: { type: 'integer' },
      available: { type: 'boolean' },
      score: { type: 'integer' },
    },
  },
}

function text({ copyTo }: { copyTo?: string }) {
  return {
    type: 'text',
    analyzer: 'plain',
    ...(copyTo !== undefined && { copy_to: copyTo }),
    fields: { en: { type: 'text', analyzer: 'words_english' } },
  }
}

function stemmerOf(language: (typeof languages)[number]): string {
  const light: Partial<Record<typeof language, string>> = {
    german: 'light_german',
    french: 'light_french',
    spanish: 'light_spanish',
    italian: 'light_italian',
    portuguese: 'light_portuguese',
  }
  return light[language] ?? language
}

/** As it is stored: what is shown of it is in it, too. */
export const sourceOf = (document: SearchDocument) => ({
  productId: document.productId,
  shopId: document.shopId,
  title: document.title,
  tags: document.tags,
  description: document.description.slice(0, describedLength),
  spellingWords: wordsOf(`${document.title} ${document.tags.join(' ')}`).map(titleKeyOf),
  titleKey: titleKeyOf(document.title),
  [`text_${document.language}`]: `${document.title} ${document.description.slice(0, describedLength)}`,
  categoryIds: document.categoryIds,
  priceMinor: document.priceMinor,
  currency: document.currency,
  ratingTenths: document.ratingTenths,
  ratingKey: ratingKeyOf(document),
  available: document.available,
  score: scoreOf(document),
  card: document.card,
})
export type Source = ReturnType<typeof sourceOf>
