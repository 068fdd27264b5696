import { integer } from '@souk/service'

export const settingConfig = {
  FLAGS_FRESH_MS: integer({
    min: 50,
    max: 60_000,
    default: 1_000,
    help: 'How old feature flags in memory may be before it is looked whether they changed. Nobody waits for that.',
  }),
}
