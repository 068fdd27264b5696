/** Colours one picture is painted with: four shades of the thing itself, and an accent to set against it. */
export type Paint = {
  light: string
  main: string
  dark: string
  deep: string
  accent: string
  accentDark: string
  paper: string
  ink: string
  /** A whole number from 0 to n-1, fixed by the picture's seed. */
  pick: (n: number) => number
}

/** Something to draw on an 800×800 sheet, standing on the table edge at y=600. `tints` are its natural colours. */
export type Shape = { tints: readonly string[]; draw: (p: Paint) => string }

export const circle = (cx: number, cy: number, r: number, fill: string) =>
  `<circle cx="${cx}" cy="${cy}" r="${r}" fill="${fill}"/>`

export const ellipse = (cx: number, cy: number, rx: number, ry: number, fill: string, turn = 0) =>
  `<ellipse cx="${cx}" cy="${cy}" rx="${rx}" ry="${ry}" fill="${fill}"${turn ? ` transform="rotate(${turn} ${cx} ${cy})"` : ''}/>`

export const rect = (x: number, y: number, width: number, height: number, corner: number, fill: string) =>
  `<rect x="${x}" y="${y}" width="${width}" height="${height}" rx="${corner}" fill="${fill}"/>`

export const area = (d: string, fill: string) => `<path d="${d}" fill="${fill}"/>`

export const stroke = (d: string, colour: string, width: number) =>
  `<path d="${d}" fill="none" stroke="${colour}" stroke-width="${width}" stroke-linecap="round" stroke-linejoin="round"/>`

export const ring = (cx: number, cy: number, r: number, colour: string, width: number) =>
  `<circle cx="${cx}" cy="${cy}" r="${r}" fill="none" stroke="${colour}" stroke-width="${width}"/>`

export const turned = (degrees: number, x: number, y: number, inner: string) =>
  `<g transform="rotate(${degrees} ${x} ${y})">${inner}</g>`

export const moved = (dx: number, dy: number, scale: number, inner: string) =>
  `<g transform="translate(${dx} ${dy}) scale(${scale})">${inner}</g>`

/** One drawing per entry of a list, in order. */
export const each = <T>(list: readonly T[], draw: (item: T, index: number) => string) => list.map(draw).join('')
