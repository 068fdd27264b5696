import { flag, integer, oneOf, optional, text } from '@souk/service'
import { factorPolicies } from './second-factor.ts'

export const config = {
  SOUK_SECRET: text({
    secret: true,
    minLength: 32,
    help: 'Seals the signing keys and ties the audit trail. 32 characters or more, the same for every process.',
  }),
  SOUK_AUTH_PER_MINUTE: integer({
    min: 1,
    max: 1_000_000,
    default: 10,
    help: 'How often one network address may register and sign in in a minute, each counted apart; it may stay signed in (refresh) 12 times as often.',
  }),
  SOUK_SECOND_FACTOR: oneOf(factorPolicies, {
    default: 'optional',
    help: 'Who may do nothing but shop until signing in takes a code beside their password: nobody, operators, or staff of shops too.',
  }),
  SOUK_REHEARSAL: optional(
    flag({ help: 'Whether operators may make rehearsal shoppers for load tests. On, unless NODE_ENV is production.' }),
  ),
  NODE_ENV: text({ default: 'development', help: 'production switches rehearsals off unless SOUK_REHEARSAL is on.' }),
}

export const rehearsalAllowed = (settings: { SOUK_REHEARSAL: boolean | undefined; NODE_ENV: string }): boolean =>
  settings.SOUK_REHEARSAL ?? settings.NODE_ENV !== 'production'
