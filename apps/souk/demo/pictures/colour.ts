type Rgb = [number, number, number]

const parse = (hex: string): Rgb => [1, 3, 5].map((at) => Number.parseInt(hex.slice(at, at + 2), 16)) as Rgb

/** `amount` 0 gives `from`, 1 gives `to`; both `#rrggbb`. */
export const mix = (from: string, to: string, amount: number): string => {
  const [a, b] = [parse(from), parse(to)]
  const channel = (i: 0 | 1 | 2) =>
    Math.round(a[i] + (b[i] - a[i]) * amount)
      .toString(16)
      .padStart(2, '0')
  return `#${channel(0)}${channel(1)}${channel(2)}`
}

/** 0 for the same colour, 441 for black against white. */
export const distance = (a: string, b: string): number => {
  const [x, y] = [parse(a), parse(b)]
  return Math.hypot(x[0] - y[0], x[1] - y[1], x[2] - y[2])
}

/** Shadows lean to plum and lights to cream, which keeps every tint in one family. */
export const shades = (tint: string) => ({
  light: mix(tint, '#fff6e6', 0.38),
  main: tint,
  dark: mix(tint, '#3a2440', 0.28),
  deep: mix(tint, '#2a1c33', 0.55),
})

export type Backdrop = { wall: string; sun: string; table: string; accent: string }

export const backdrops: readonly Backdrop[] = [
  { wall: '#f7ecd9', sun: '#f3cd94', table: '#e8cfa6', accent: '#c4553b' },
  { wall: '#e4ecda', sun: '#bcd2b0', table: '#c6d6b6', accent: '#d9843b' },
  { wall: '#f9e4dc', sun: '#f2bdab', table: '#eecabb', accent: '#3f7d7a' },
  { wall: '#e0ecf2', sun: '#abcddd', table: '#bdd7e2', accent: '#e0704f' },
  { wall: '#f7e6bd', sun: '#eec974', table: '#e6cd8c', accent: '#2f6f83' },
  { wall: '#eae5f2', sun: '#c8bbe0', table: '#d0c6e3', accent: '#d98a3d' },
  { wall: '#def0e9', sun: '#a4d6c6', table: '#b9ddd1', accent: '#d65f5a' },
  { wall: '#f4dccd', sun: '#e0a083', table: '#e0b69c', accent: '#40678a' },
  { wall: '#dfe4ea', sun: '#acbaca', table: '#c0cad6', accent: '#dc9a2e' },
  { wall: '#34506a', sun: '#4d7391', table: '#2a4259', accent: '#f0b35c' },
  { wall: '#35564d', sun: '#4f7d70', table: '#2b4740', accent: '#f2c27b' },
  { wall: '#5a3f55', sun: '#7c5a74', table: '#4b3447', accent: '#f0b48a' },
]
