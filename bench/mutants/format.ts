import type { Mutant } from './list.ts'

/** The list as a page of docs/. */
export function mutantsPage(mutants: readonly Mutant[]): string {
  const cell = (text: string) => text.replaceAll('|', '\\|').replaceAll('\n', ' ')
  const rows = mutants.map(({ name, breaks, edits, turnsRed }) => {
    const where = [...new Set(edits.map(({ file }) => `\`${file}\``))].join('<br>')
    const red = turnsRed.map(({ file, test }) => `${cell(test)} (\`${file}\`)`).join('<br>')
    return `| \`${name}\` | ${cell(breaks)} | ${where} | ${red} |`
  })
  return `# Breakages

Tests that never fail prove nothing. \`npm run mutants\` breaks a copy of the code in each of these ways, one at a time, and
runs the tests that must notice; it ends with 1 when one does not. \`npm run mutants -- --only ${mutants[0]?.name}\` tries a
single one.

Written from \`bench/mutants/list.ts\`; do not edit.

| name | what is broken | where | what turns red (one of these at least) |
|---|---|---|---|
${rows.join('\n')}
`
}
