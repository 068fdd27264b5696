/** What an address is compared by: NFKC and lower case, so that A@X.example and ａ@x.example are one account. */
export const emailKeyOf = (email: string): string => email.normalize('NFKC').trim().toLowerCase()

/** As it is kept and written to: NFKC, trimmed, the case as typed. */
export const tidyEmail = (email: string): string => email.normalize('NFKC').trim()

/** How somebody is called. NFKC writes some single signs out as whole sentences, so it may have to be cut. */
export const tidyName = (name: string): string => [...name.normalize('NFKC').trim()].slice(0, 100).join('')

/** Deliberately little: only a message that arrives proves an address. */
export const looksLikeEmail = (email: string): boolean =>
  /^[^\s@]+@[^\s@]+\.[^\s@]+$/u.test(email) && email.length <= 254

/** "ada@example.com" → "a***@example.com". For the trail, which is kept longer than accounts. */
export function maskEmail(email: string): string {
  const at = email.lastIndexOf('@')
  if (at < 1) return '***'
  const [first = ''] = email
  return `${first}***${email.slice(at)}`
}

/** What somebody typed to find a person: the beginning of an address, or of words of a name. */
export const calledAs = (text: string): { emailKey: string; words: string[] } => ({
  emailKey: emailKeyOf(text),
  words:
    text
      .normalize('NFKC')
      .match(/[\p{L}\p{N}]+/gu)
      ?.slice(0, 10) ?? [],
})
