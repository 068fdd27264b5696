import type { ClusterFaultsResult, ClusterStrike } from './types.ts'

/** One fault, in some lines. */
export function strikeText(strike: ClusterStrike): string {
  const broken = strike.checks.filter((check) => check.broken > 0)
  const errors = Object.entries(strike.errorsByCause)
    .sort(([, one], [, other]) => other - one)
    .slice(0, 4)
    .map(([cause, count]) => `${cause} ${count}`)
  return [
    `${broken.length === 0 ? '✓' : '✗'} ${strike.kind}: ${strike.what}`,
    `    ${strike.sent} asked, ${strike.accepted} accepted, ${strike.refused} refused, ${strike.unanswered} without an answer` +
      `; at rest ${strike.drainMs === null ? 'not' : `${(strike.drainMs / 1_000).toFixed(1)} s`} after the load` +
      (errors.length > 0 ? `; asked again after ${errors.join(', ')}` : ''),
    ...broken.flatMap((check) => [`    ✗ ${check.title}`, ...check.examples.map((example) => `        ${example}`)]),
  ].join('\n')
}

export function clusterFaultsText(result: ClusterFaultsResult): string {
  const { strikes, notTried, good, seed, tookMs } = result
  const kept = `${strikes.length} faults, seed ${seed}, ${Math.round(tookMs / 1_000)} s`
  if (strikes.length === 0) return ['✗ Nothing was tried.', ...notTried.map((each) => `  ${each}`)].join('\n')
  return [
    good ? `✓ Every promise kept: ${kept}.` : `✗ Promises were broken: ${kept}.`,
    ...notTried.map((each) => `  not tried: ${each}`),
    `  Again: souk faults --cluster --seed ${seed} --only ${strikes.map(({ kind }) => kind).join(',')}`,
  ].join('\n')
}
