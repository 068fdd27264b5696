import { area, circle, each, ellipse, moved, rect, type Shape, stroke, turned } from './draw.ts'
import { handles, steel, steelDark } from './materials.ts'

const leaf = ['#5d8a58', '#4f7f6a', '#7f9a4f'] as const
const terracotta = '#c4714f'
const terracottaDark = '#a2573c'

const pot = (x: number, y: number, scale: number) =>
  moved(
    x,
    y,
    scale,
    area('M-120-170h240l-26 150q-4 20-24 20h-140q-20 0-24-20z', terracotta) +
      area('M60-170h60l-26 150q-4 20-24 20h-40q34-60 30-170z', terracottaDark) +
      rect(-138, -200, 276, 50, 10, terracotta) +
      rect(-138, -160, 276, 12, 0, terracottaDark),
  )

export const garden = {
  plant: {
    tints: leaf,
    draw: (p) =>
      [
        each([-62, 62, -32, 32, 0], (turn, i) =>
          turned(
            turn,
            400,
            420,
            area('M400 420q-90-140 0-300 90 160 0 300z', i % 2 ? p.main : p.dark) + stroke('M400 410v-210', p.light, 6),
          ),
        ),
        stroke('M400 430q0-160-20-280M396 330q60-60 110-70M392 300q-70-40-110-50', p.deep, 11) +
          each(
            [
              [380, 150, 0],
              [510, 255, 60],
              [280, 245, -60],
              [470, 330, 80],
              [320, 340, -80],
            ],
            ([x = 0, y = 0, turn = 0], i) => ellipse(x, y, 46, 70, i % 2 ? p.light : p.main, turn),
          ),
        each([-44, -22, 0, 22, 44], (turn, i) =>
          turned(turn, 400, 430, area('M376 430l14-300q10-30 20 0l14 300z', i % 2 ? p.light : p.main)),
        ),
      ][p.pick(3)] + pot(400, 605, 1.05),
  },
  flower: {
    tints: ['#d65f5a', '#e8a33f', '#b77fc0', '#e6c4d0', '#f0d66a'],
    draw: (p) => {
      const bloom = (x: number, y: number, scale: number, petals: string) =>
        moved(
          x,
          y,
          scale,
          each([0, 60, 120, 180, 240, 300], (turn) => turned(turn, 0, 0, ellipse(0, -62, 38, 60, petals))) +
            circle(0, 0, 36, p.accent),
        )
      return (
        stroke('M400 440q0-120 0-220M390 440q-60-60-110-110M410 440q60-60 110-130', '#4f7f5a', 12) +
        area('M400 400q-100 10-130-60 110-20 130 60zM400 380q100 10 140-60-120-20-140 60z', '#5d8a58') +
        bloom(400, 200, 1.05, p.main) +
        bloom(270, 310, 0.75, p.light) +
        bloom(530, 300, 0.8, p.dark) +
        pot(400, 605, 0.98)
      )
    },
  },
  seeds: {
    tints: ['#e8d6b5', '#a9c0b0', '#e6b99f', '#b3c3d6'],
    draw: (p) =>
      turned(
        -5,
        400,
        400,
        rect(240, 130, 320, 450, 8, p.main) +
          rect(240, 130, 320, 66, 8, p.accentDark) +
          stroke('M290 164h220', p.paper, 13) +
          rect(270, 225, 260, 270, 8, p.paper) +
          stroke('M400 470v-140', '#4f7f5a', 12) +
          area('M400 420q-90 0-100-80 90 0 100 80zM400 400q90 0 100-90-90 10-100 90z', '#5d8a58') +
          [
            circle(400, 310, 44, p.accent),
            ellipse(400, 316, 34, 58, p.accent),
            area('M340 340q60-130 120 0z', p.accent),
          ][p.pick(3)] +
          stroke('M320 535h160', p.deep, 9),
      ) +
      each(
        [
          [560, 590, 20],
          [610, 604, -30],
          [650, 588, 60],
          [590, 620, 80],
        ],
        ([x = 0, y = 0, turn = 0]) => ellipse(x, y, 14, 8, '#7a5c44', turn),
      ),
  },
  can: {
    tints: ['#5f8a86', '#8f9a6b', '#c4714f', '#7d93a6'],
    draw: (p) =>
      stroke('M470 330q190-60 180 90t-140 100', p.dark, 26) +
      stroke('M290 330q90-170 200 0', p.dark, 24) +
      area('M300 520l-150-230 34-24 140 150z', p.main) +
      turned(-34, 150, 270, ellipse(150, 268, 64, 22, p.light)) +
      area('M280 330h260l20 240q0 32-40 32h-220q-40 0-40-32z', p.main) +
      area('M470 330h70l20 240q0 32-40 32h-60q30-120 10-272z', p.dark) +
      ellipse(410, 330, 130, 30, p.light) +
      ellipse(410, 332, 108, 20, p.deep) +
      stroke('M266 500h288', p.light, 10),
  },
  trowel: {
    tints: handles,
    draw: (p) =>
      turned(
        40,
        400,
        400,
        rect(364, 70, 72, 230, 34, p.main) +
          area('M404 70q32 0 32 34v162q0 34-32 34z', p.dark) +
          rect(362, 270, 76, 30, 8, p.accent) +
          stroke('M400 300v90', steelDark, 24) +
          area('M310 390h180q20 180-90 290-110-110-90-290z', steel) +
          area('M400 390h90q20 180-90 290z', steelDark),
      ),
  },
} satisfies Record<string, Shape>
