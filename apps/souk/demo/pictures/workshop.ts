import { area, circle, each, ellipse, moved, rect, type Shape, stroke, turned } from './draw.ts'
import { handles, steel, steelDark } from './materials.ts'

export const workshop = {
  hammer: {
    tints: handles,
    draw: (p) =>
      turned(
        38,
        400,
        400,
        rect(372, 250, 56, 400, 26, p.main) +
          rect(404, 260, 24, 380, 12, p.dark) +
          rect(366, 470, 68, 180, 30, p.deep) +
          area('M210 270q10-110 140-124h110l14-16h80q16 0 16 16v104q0 16-16 16h-80l-14-16h-70q-90-30-160 20z', steel) +
          area('M390 210h180v40q0 16-16 16h-80l-14-16h-70z', steelDark),
      ),
  },
  screwdriver: {
    tints: handles,
    draw: (p) =>
      turned(
        45,
        400,
        400,
        area('M384 340h32v260l-8 50h-16l-8-50z', steel) +
          area('M402 340h14v260l-8 50h-6z', steelDark) +
          area('M340 90q0-40 60-40t60 40l-10 60 14 110q0 30-20 40l-6 40h-76l-6-40q-20-10-20-40l14-110z', p.main) +
          area('M430 56q30 8 30 34l-10 60 14 110q0 30-20 40l-6 40h-20z', p.dark) +
          stroke('M378 110v150', p.light, 14) +
          rect(352, 300, 96, 20, 6, p.accent),
      ),
  },
  screw: {
    tints: ['#c2a15a', '#a9b3b9', '#8f8578'],
    draw: (p) => {
      const one =
        area('M-80-220q0-50 80-50t80 50l-40 40h-80z', p.main) +
        ellipse(0, -224, 80, 30, p.light) +
        stroke('M-34-224h68M0-240v32', p.deep, 12) +
        area('M-30-180h60v230l-30 90-30-90z', p.main) +
        stroke('M-40-138l80-24M-40-98l80-24M-40-58l80-24M-40-18l80-24M-40 22l80-24M-40 62l80-24', p.dark, 14)
      return [
        moved(250, 450, 0.9, turned(-24, 0, 0, one)),
        moved(560, 460, 0.9, turned(26, 0, 0, one)),
        moved(400, 420, 1.15, one),
      ].join('')
    },
  },
  pliers: {
    tints: handles,
    draw: (p) =>
      turned(
        28,
        400,
        380,
        area('M385 330q-30-120 10-190 14 90 12 190zM415 330q30-120-10-190-4 90-12 190z', steelDark) +
          stroke('M420 350q-130 70-110 280', p.dark, 48) +
          stroke('M380 350q130 70 110 280', p.main, 48) +
          area('M340 300q0-50 60-50t60 50v60q0 40-60 40t-60-40z', steel) +
          circle(400, 330, 24, steelDark) +
          stroke('M506 470q8 60-2 130', p.light, 10),
      ),
  },
  tape: {
    tints: ['#e0b23b', '#d0563f', '#3d6f78'],
    draw: (p) =>
      rect(480, 540, 230, 40, 0, '#f6e7a8') +
      each([520, 560, 600, 640, 680], (x, i) => stroke(`M${x} 542v${i % 2 ? 14 : 24}`, p.ink, 5)) +
      rect(704, 532, 16, 68, 4, steelDark) +
      rect(150, 230, 370, 370, 90, p.main) +
      area('M430 230q90 0 90 90v190q0 90-90 90h-60q90-40 90-180t-30-190z', p.dark) +
      circle(330, 415, 112, p.paper) +
      circle(330, 415, 82, p.accent) +
      stroke('M215 320q40-54 110-56', p.light, 14),
  },
  paint: {
    tints: ['#7f9a8a', '#c4714f', '#e0c17a', '#5f7f9a', '#d9cfc0'],
    draw: (p) =>
      stroke('M240 290q160-240 320 0', steelDark, 12) +
      area('M230 290h340v280q0 30-170 30t-170-30z', '#e8e4da') +
      area('M490 290h80v280q0 22-80 28z', '#cfc9bb') +
      area(
        'M230 290h340v50q-6 36-36 30-24-4-26 30v70q-4 28-28 28t-28-28v-50q-6-24-28-20-24 4-24 40-6 22-28 22t-28-22q0-50-26-54-30-4-34 24-8 20-24 18-22-2-24-28-6-20-6-60z',
        p.main,
      ) +
      ellipse(400, 290, 170, 42, steel) +
      ellipse(400, 292, 146, 32, p.dark) +
      ellipse(392, 296, 120, 22, p.main) +
      rect(300, 500, 150, 56, 8, p.light),
  },
  hook: {
    tints: ['#b98f4a', '#4a4f57', '#a9b3b9'],
    draw: (p) =>
      rect(150, 190, 500, 96, 20, '#b98a5e') +
      rect(150, 262, 500, 24, 10, '#8f6746') +
      each(
        [260, 400, 540],
        (x) =>
          rect(x - 34, 205, 68, 130, 28, p.main) +
          stroke(`M${x} 320v100q0 70 62 64 32-10 26-50`, p.dark, 30) +
          stroke(`M${x - 5} 320v96`, p.light, 8) +
          circle(x, 232, 11, p.deep) +
          circle(x, 306, 11, p.deep),
      ),
  },
} satisfies Record<string, Shape>
