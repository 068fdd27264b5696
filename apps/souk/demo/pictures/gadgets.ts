import { area, circle, each, rect, ring, type Shape, stroke, turned } from './draw.ts'
import { covers, steel, steelDark } from './materials.ts'

export const gadgets = {
  cable: {
    tints: ['#3c4a58', '#d0563f', '#2f7f86', '#e8e0d0', '#5d7350'],
    draw: (p) =>
      stroke('M210 270v90q0 200 190 200t190-150q0-110-120-110t-120 90q0 70 70 70t60-60', p.dark, 30) +
      stroke('M206 266v90q0 200 190 200t190-150q0-110-120-110t-120 90q0 70 70 70t60-60', p.main, 20) +
      rect(168, 180, 84, 110, 22, p.deep) +
      rect(180, 120, 60, 70, 10, steel) +
      rect(194, 134, 32, 16, 8, steelDark) +
      ring(470, 440, 118, p.accent, 0) +
      rect(545, 520, 70, 40, 10, p.accent),
  },
  charger: {
    tints: ['#f0ebe0', '#3c4a58', '#8fb0b8', '#d9a79a'],
    draw: (p) =>
      stroke('M400 600v30q0 60 90 60h310', p.dark, 20) +
      rect(310, 130, 36, 120, 12, steel) +
      rect(454, 130, 36, 120, 12, steel) +
      rect(220, 220, 360, 370, 70, p.main) +
      area('M500 220h10q70 0 70 70v230q0 70-70 70h-50q50-60 50-180z', p.dark) +
      area('M420 310l-90 120h60l-20 90 96-124h-62z', p.accent) +
      rect(350, 560, 100, 44, 12, p.deep),
  },
  headphones: {
    tints: ['#3c4a58', '#b5533f', '#e3d6bf', '#5f7f86', '#6a4c6d'],
    draw: (p) =>
      stroke('M205 430q-20-280 195-280t195 280', p.dark, 44) +
      stroke('M222 340q40-170 178-172', p.light, 12) +
      rect(150, 390, 110, 200, 50, p.main) +
      rect(540, 390, 110, 200, 50, p.main) +
      rect(236, 410, 54, 160, 27, p.deep) +
      rect(510, 410, 54, 160, 27, p.deep) +
      rect(166, 440, 26, 100, 13, p.light) +
      rect(608, 440, 26, 100, 13, p.dark),
  },
  phone: {
    tints: covers,
    draw: (p) =>
      turned(
        7,
        400,
        380,
        rect(262, 120, 290, 490, 54, p.deep) +
          rect(248, 112, 290, 490, 54, p.main) +
          rect(272, 140, 124, 124, 36, p.dark) +
          circle(310, 178, 24, p.ink) +
          circle(358, 226, 24, p.ink) +
          circle(360, 176, 9, p.paper) +
          [
            area('M248 430q70-70 145 0t145 0v118q0 54-54 54h-182q-54 0-54-54z', p.light),
            circle(393, 420, 84, p.accent) + circle(430, 392, 76, p.main),
            stroke('M300 540l190-190M300 460l140-140M350 570l160-160', p.accent, 16),
          ][p.pick(3)],
      ),
  },
  powerbank: {
    tints: ['#3c4a58', '#2f7f86', '#d9843b', '#e3dccb'],
    draw: (p) =>
      turned(
        -7,
        400,
        400,
        rect(232, 160, 360, 440, 48, p.deep) +
          rect(216, 150, 360, 440, 48, p.main) +
          area('M500 150h28q48 0 48 48v344q0 48-48 48h-28z', p.dark) +
          rect(262, 134, 70, 26, 6, steelDark) +
          rect(372, 134, 70, 26, 6, steelDark) +
          each([0, 1, 2, 3], (i) => circle(280 + i * 46, 530, 12, i < 3 ? p.accent : p.deep)) +
          area('M385 250l-90 130h60l-24 92 100-134h-64z', p.light),
      ),
  },
} satisfies Record<string, Shape>
