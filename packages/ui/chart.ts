/** Colours of series, in the order they are given out; each stands out 3:1 from the card in both themes. */
export const chartColours = [
  'var(--color-chart-1)',
  'var(--color-chart-2)',
  'var(--color-chart-3)',
  'var(--color-chart-4)',
  'var(--color-chart-5)',
  'var(--color-chart-6)',
] as const

/** Axes and grid of a Recharts chart. */
export const chartAxis = { stroke: 'var(--color-edge)', tick: { fill: 'var(--color-quiet)', fontSize: 12 } } as const
export const chartGrid = { stroke: 'var(--color-line)', strokeDasharray: '2 4', vertical: false } as const
