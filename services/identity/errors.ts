import { defineErrors } from '@souk/errors'

export const errors = defineErrors({
  'sign-in-refused': {
    status: 401,
    title: 'Sign-in refused',
    help: 'E-mail and password do not belong together. The answer is the same whether the account exists or not.',
  },
  'sign-in-slowed': {
    status: 429,
    title: 'Too many failed tries',
    help: 'More than 5 failures in 5 minutes for this account from this address. Wait as long as Retry-After says.',
  },
  'sign-in-busy': {
    status: 503,
    title: 'Too many sign-ins at once',
    help: 'Checking passwords is expensive and the queue for it is full. Nothing happened; try again in a moment.',
  },
  'account-disabled': {
    status: 403,
    title: 'Account disabled',
    help: 'An operator has disabled this account. Only whoever knows the password is told so.',
  },
  'account-in-shops': {
    status: 409,
    title: 'The account works for a shop',
    help: 'Somebody else must answer for the shop first: take the account off its members, then close it.',
  },
  'second-factor-needed': {
    status: 401,
    title: 'A code is needed, too',
    help: 'The password is right, and this account is kept by a second factor: sign in with `code`, the six digits of the authenticator or a recovery code.',
  },
  'second-factor-refused': {
    status: 401,
    title: 'The code is not right',
    help: 'It is wrong, older than a minute, or was used before. Wait for the next one, and look at the clock of the telephone.',
  },
  'second-factor-blocked': {
    status: 429,
    title: 'Too many wrong codes',
    help: 'After ten wrong codes in a row none is looked at for a quarter of an hour. An operator can reset the second factor.',
  },
  'second-factor-on': {
    status: 409,
    title: 'The second factor is on',
    help: 'There is one already. Remove it before setting another up.',
  },
  'second-factor-off': {
    status: 409,
    title: 'There is no second factor',
    help: 'Begin with POST /v1/auth/second-factor, then confirm a code of it.',
  },
  'email-taken': {
    status: 409,
    title: 'E-mail address taken',
    help: 'An account with this e-mail address exists. Sign in, or use another address.',
  },
  'email-unusable': {
    status: 422,
    title: 'Not an e-mail address',
    help: 'The address has no part before or after the @, or contains white space.',
  },
  'guests-not-served': {
    status: 403,
    title: 'Orders are taken from accounts only',
    help: 'The marketplace has switched off ordering without an account (its setting `checkout.guest`). Register, or sign in.',
  },
  'password-too-weak': {
    status: 422,
    title: 'Password too weak',
    help: 'At least 10 characters, at most 128, none of the common ones, not your e-mail address.',
  },
  'refresh-refused': {
    status: 401,
    title: 'Refresh token refused',
    help: 'The token is unknown, expired or was used before, or its session has ended. Sign in again.',
  },
  'session-needed': {
    status: 403,
    title: 'Not possible with an API key',
    help: 'Passwords, sessions and API keys are managed by a signed-in person, never by an API key.',
  },
  'session-not-found': {
    status: 404,
    title: 'No such session',
    help: 'You have no live session with this id.',
  },
  'account-not-found': { status: 404, title: 'No such account', help: 'There is no account with this id.' },
  'role-unknown': { status: 422, title: 'No such role', help: 'Roles are: shopper, operator.' },
  'duty-unknown': {
    status: 422,
    title: 'No such duty',
    help: 'Duties are: catalog, inventory, orders, members, settings.',
  },
  'too-many-shops': {
    status: 409,
    title: 'Duties in too many shops',
    help: 'An account can have duties in 25 shops at most, because they travel in its access token. Use another account.',
  },
  'last-operator': {
    status: 409,
    title: 'The last operator',
    help: 'Somebody must be able to run the marketplace. Make another account an operator first.',
  },
  'api-key-not-found': { status: 404, title: 'No such API key', help: 'You have no live API key with this id.' },
  'api-key-too-mighty': {
    status: 403,
    title: 'More than you may do yourself',
    help: 'An API key can be given only permissions and duties its owner has.',
  },
  'too-many-api-keys': {
    status: 409,
    title: 'Too many API keys',
    help: 'An account has 50 live API keys at most. Revoke one first.',
  },
  'rehearsal-off': {
    status: 403,
    title: 'Rehearsals are off',
    help: 'Set SOUK_REHEARSAL=on to make shoppers for a load test. It is off in production by default.',
  },
})
