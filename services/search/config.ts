import { integer, oneOf, optional, text, url } from '@souk/service'

export const searchConfig = {
  SOUK_SEARCH: oneOf(['postgresql', 'opensearch'], {
    default: 'postgresql',
    help: 'What finds products: postgresql (nothing to set up) or opensearch (needs OPENSEARCH_URL).',
  }),
  OPENSEARCH_URL: optional(
    url({
      protocols: ['http', 'https'],
      secret: true,
      help: 'Of an OpenSearch: https://user:password@host:9200.',
    }),
  ),
  OPENSEARCH_INDEX: text({
    default: 'souk-products',
    help: 'Name of the alias that is searched; indexes get it with a number.',
  }),
  SOUK_SEARCH_TIMEOUT_MS: integer({
    min: 100,
    max: 30_000,
    default: 2_000,
    help: 'How long an OpenSearch may take to answer before the search is given up.',
  }),
}
