import { createSouk, isProblem, type Souk } from '@souk/sdk'

const kept = 'souk-admin-session'

/** The access token lives in memory; the refresh token, good once, is what lets other tabs and reloads go on. */
let access: string | undefined

/** As nobody: for signing in. */
const door = createSouk({ baseUrl: '', retries: 0 })

export const souk: Souk = createSouk({ baseUrl: '', token: () => access, refresh: () => renew() })

type Tokens = { accessToken: string; refreshToken: string }

function keep({ accessToken, refreshToken }: Tokens): string {
  access = accessToken
  localStorage.setItem(kept, refreshToken)
  return accessToken
}

/** @param code of an authenticator or for recovery, where the account asks for one */
export async function signIn(email: string, password: string, code?: string): Promise<void> {
  keep(await door.logIn({ body: { email, password, ...(code !== undefined && { code }) } }))
}

let renewing: Promise<string | undefined> | undefined

/** A new access token, or undefined when nobody is signed in here any more. One at a time, over all tabs. */
export function renew(): Promise<string | undefined> {
  renewing ??= navigator.locks
    .request('souk-admin-refresh', async () => {
      const refreshToken = localStorage.getItem(kept)
      if (refreshToken === null) return undefined
      try {
        return keep(await door.refresh({ body: { refreshToken } }))
      } catch (error) {
        // Unreachable is not signed out: the next request tries again.
        if (!isProblem(error, 'refresh-refused', 'validation-failed')) throw error
        forget()
        return undefined
      }
    })
    .finally(() => {
      renewing = undefined
    })
  return renewing
}

export function forget(): void {
  access = undefined
  localStorage.removeItem(kept)
}

export async function signOut(): Promise<void> {
  try {
    await souk.logOut()
  } finally {
    forget()
  }
}
