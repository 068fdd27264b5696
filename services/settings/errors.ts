import { defineErrors } from '@souk/errors'

export const settingErrors = defineErrors({
  'setting-not-found': {
    status: 404,
    title: 'No such setting',
    help: 'There is no setting with this key here, or it is not yours to change. `GET /v1/settings` and its kin list those there are.',
  },
  'setting-refused': {
    status: 422,
    title: 'This cannot be set',
    help: 'The value is of another type, or beyond the bounds that the list of settings names.',
  },
  'settings-shop-not-found': {
    status: 404,
    title: 'No such shop for settings',
    help: 'The shop does not exist, or its settings are not yours.',
  },
  'flag-not-found': {
    status: 404,
    title: 'No such flag',
    help: 'There is no feature flag with this key, or no such version of it.',
  },
  'flag-exists': {
    status: 409,
    title: 'There is a flag with this key',
    help: 'Change that one, or choose another key.',
  },
  'flag-declared': {
    status: 409,
    title: 'The program needs this flag',
    help: 'Flags the program itself asks about cannot be removed, nor lose or change variants it knows. Switch it off instead.',
  },
  'flag-refused': {
    status: 422,
    title: 'The flag does not add up',
    help: '`faults` says what is wrong: variants of another type, shares of more than everything, names that no variant has. Nothing was changed.',
  },
})
