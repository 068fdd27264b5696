import type { Config } from '@react-router/dev/config'

export default {
  ssr: true,
  // Built once per state of the source (build.ts), never beside it.
  buildDirectory: process.env.SOUK_STOREFRONT_BUILD ?? '../../.cache/storefront/by-hand',
  routeDiscovery: { mode: 'initial' },
} satisfies Config
