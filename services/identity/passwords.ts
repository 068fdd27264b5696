import { hash, verify } from '@node-rs/argon2'
import { errors } from './errors.ts'
import { tidyPassword } from './password-rules.ts'
import { randomSecret } from './secrets.ts'

/** argon2id with the parameters of RFC 9106's small-memory advice as OWASP gives it: 19 MiB, 2 passes, 1 lane. */
// The package's default algorithm is argon2id; its const enum cannot be named under isolated compilation.
const parameters = { memoryCost: 19_456, timeCost: 2, parallelism: 1 }

export type Passwords = {
  /** @throws sign-in-busy when the queue is full. */
  hash(password: string): Promise<string>
  /**
   * Whether the password belongs to the hash. Without a hash (no such account) the same work is done on a dummy, so
   * that the time taken tells nothing. @throws sign-in-busy when the queue is full.
   */
  verify(passwordHash: string | undefined, password: string): Promise<boolean>
  waiting(): number
}

/**
 * Two at once leave two of the four threads in Node's pool to everything else (signing tokens, reading files). At some
 * 30 ms each, 64 waiting are a second's work: whoever comes later is better told so than kept.
 */
export async function createPasswords(limits = { concurrency: 2, queue: 64 }): Promise<Passwords> {
  const dummy = await hash(randomSecret(), parameters)
  const queue: (() => void)[] = []
  let running = 0

  async function gated<T>(work: () => Promise<T>): Promise<T> {
    if (running >= limits.concurrency) {
      if (queue.length >= limits.queue)
        throw errors.error('sign-in-busy', 'Too many sign-ins at once. Nothing happened; try again in a moment.', {}, 1)
      await new Promise<void>((resolve) => queue.push(resolve))
    } else running += 1
    try {
      return await work()
    } finally {
      const next = queue.shift()
      // Handed on: the next one takes this place, so `running` stays as it is.
      if (next !== undefined) next()
      else running -= 1
    }
  }

  return {
    hash: (password) => gated(() => hash(tidyPassword(password), parameters)),
    verify: (passwordHash, password) =>
      gated(async () => {
        const right = await verify(passwordHash ?? dummy, tidyPassword(password))
        return right && passwordHash !== undefined
      }),
    waiting: () => queue.length,
  }
}
