/** Words of one question at most: more narrow nothing down, and each costs. */
export const maxWords = 12

/** What was typed, as words: lower case, without signs; `c++` and `3.5` keep what makes them what they are. */
export function wordsOf(text: string): string[] {
  const words = text
    .normalize('NFKC')
    .toLowerCase()
    .split(/[^\p{L}\p{N}\p{M}'.+#-]+/u)
    .map((word) => word.replace(/^['.+#-]+|['.-]+$/g, '').slice(0, 40))
    .filter((word) => word !== '')
  return [...new Set(words)].slice(0, maxWords)
}
