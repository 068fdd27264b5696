import { area, circle, each, ellipse, moved, rect, type Shape, stroke } from './draw.ts'

const crust = ['#c98a4b', '#b9763c', '#d39a58', '#a8673a'] as const
const clay = ['#b9876a', '#8ea397', '#6f8799', '#d8c3a5', '#9a6b58'] as const

const steam = (x: number, colour: string) =>
  `<g opacity=".7">${stroke(`M${x} 270q-30-40 0-75t0-75M${x + 90} 260q-30-40 0-75t0-75`, colour, 14)}</g>`

const bun = (x: number, y: number, light: string, main: string, dark: string) =>
  area(`M${x} ${y}q-10-160 140-160t140 160q0 40-50 40h-180q-50 0-50-40z`, main) +
  area(`M${x + 22} ${y - 45}q20-90 118-92 90 0 112 70-60-34-120-30-70 4-110 52z`, light) +
  area(`M${x} ${y}q0 40 50 40h180q50 0 50-40-20 16-60 16h-160q-40 0-60-16z`, dark)

export const kitchen = {
  loaf: {
    tints: crust,
    draw: (p) =>
      area('M180 600q-60 0-60-80 0-200 280-200t280 200q0 80-60 80z', p.main) +
      area('M120 520q0 80 60 80h440q60 0 60-80-10 36-70 36h-420q-60 0-70-36z', p.dark) +
      each([235, 345, 455, 565], (x) => area(`M${x} 352q62 60 26 150-70-60-26-150z`, p.light)) +
      each([180, 300, 410, 520, 625], (x, i) => circle(x, 450 + (i % 2) * 50, 5, p.paper)),
  },
  roll: {
    tints: crust,
    draw: (p) =>
      bun(250, 470, p.light, p.main, p.dark) +
      bun(120, 560, p.light, p.main, p.dark) +
      bun(400, 560, p.light, p.main, p.dark) +
      each([190, 240, 290, 460, 520, 575], (x, i) => ellipse(x, 470 + (i % 3) * 22, 6, 12, p.paper, 30 + i * 40)),
  },
  croissant: {
    tints: crust,
    draw: (p) =>
      area('M112 590q-40-310 288-320 328 10 288 320-10 34-46 14-54-134-242-138-188 4-242 138-36 20-46-14z', p.dark) +
      area('M124 560q-14-270 276-280 90 0 50 166-160-10-210 60-50 60-70 98-40 16-46-44z', p.main) +
      area('M360 276q60-10 110 6 30 60 0 168-40-10-110-2-30-90 0-172z', p.light) +
      area('M480 284q130 30 176 150-40 50-110 40-30-14-60-22 26-90-6-168z', p.main) +
      area('M340 280q-120 20-180 130 30 60 110 70 30-20 70-30-26-90 0-170z', p.light) +
      stroke('M352 284q-26 80 4 160M476 286q30 80 0 160M168 404q30 60 90 84M636 410q-30 60-90 80', p.deep, 9) +
      each([250, 400, 560], (x, i) => stroke(`M${x} ${330 - (i % 2) * 26}q20-10 40 4`, p.paper, 8)),
  },
  cake: {
    tints: ['#8a5a44', '#e8c48a', '#d98f8f', '#c9a15f'],
    draw: (p) =>
      ellipse(400, 590, 250, 28, p.paper) +
      area('M340 590h120l30 40h-180z', p.paper) +
      rect(200, 360, 400, 220, 26, p.main) +
      rect(200, 460, 400, 26, 0, p.light) +
      rect(200, 540, 400, 40, 20, p.dark) +
      area(
        'M190 400q0-60 60-60h300q60 0 60 60v40q-2 28-30 28t-30-34q-26-8-30 20-2 42-34 42t-34-52q-30-20-40 6-4 34-32 34t-32-40q-30-20-42 10-2 56-36 56t-36-60q-40-10-44-50z',
        p.paper,
      ) +
      each([260, 353, 447, 540], (x) => circle(x, 325, 30, p.accent) + stroke(`M${x} 298q8-40 34-46`, p.accentDark, 7)),
  },
  cookie: {
    tints: crust,
    draw: (p) =>
      each([575, 530, 485, 440], (y, i) => rect(360 + (i % 2) * 24, y - 20, 300, 46, 23, i % 2 ? p.main : p.dark)) +
      circle(310, 440, 165, p.dark) +
      circle(306, 434, 156, p.main) +
      area('M170 400q30-110 150-116 80 0 120 60-70-36-140-20-80 16-130 76z', p.light) +
      each(
        [
          [250, 400],
          [340, 370],
          [390, 450],
          [300, 470],
          [225, 490],
          [340, 540],
          [415, 530],
        ],
        ([x = 0, y = 0], i) => ellipse(x, y, 20, 15, p.deep, i * 35),
      ),
  },
  bag: {
    tints: ['#c8a97e', '#7d5a46', '#5f7a6b', '#b86b4b', '#3f4a5a'],
    draw: (p) =>
      area('M235 250h330l25 340q0 15-15 15h-350q-15 0-15-15z', p.main) +
      area('M500 250h65l25 340q0 15-15 15h-45z', p.dark) +
      area('M235 250l20-80h290l20 80z', p.light) +
      rect(225, 238, 350, 34, 8, p.dark) +
      rect(285, 340, 200, 190, 14, p.paper) +
      ellipse(385, 405, 34, 46, p.accent, 32) +
      stroke('M365 440q14-30 18-36t22-34', p.accentDark, 6) +
      stroke('M315 485h140M345 507h80', p.deep, 7),
  },
  tin: {
    tints: ['#5f7a6b', '#b5533f', '#3d5a73', '#c79a3b', '#7a5c80'],
    draw: (p) =>
      area('M260 300h280v270q-10 35-140 35t-140-35z', p.main) +
      area('M470 300h70v270q-8 28-70 33z', p.dark) +
      area('M260 380q140 30 280 0v130q-140 34-280 0z', p.paper) +
      stroke('M330 462q60-90 140-50-30 80-140 50zM330 462q60-20 100-34', p.accent, 9) +
      ellipse(400, 300, 150, 38, p.dark) +
      rect(250, 245, 300, 58, 6, p.light) +
      ellipse(400, 303, 150, 34, p.light) +
      ellipse(400, 245, 150, 34, p.main) +
      circle(400, 226, 22, p.dark),
  },
  mug: {
    tints: clay,
    draw: (p) =>
      steam(340, p.paper) +
      stroke('M545 385q120-20 110 70t-130 80', p.dark, 38) +
      area('M230 330h330l-18 230q-6 45-60 45h-174q-54 0-60-45z', p.main) +
      area('M475 330h85l-18 230q-6 45-60 45h-40q36-120 33-275z', p.dark) +
      area('M230 330h330l-4 62q-30 40-60 10t-60 20-70 6-60 4-70-36z', p.light) +
      ellipse(395, 330, 165, 34, p.light) +
      ellipse(395, 334, 140, 24, p.deep),
  },
  cup: {
    tints: clay,
    draw: (p) =>
      steam(350, p.paper) +
      ellipse(400, 588, 260, 30, p.dark) +
      ellipse(400, 578, 260, 30, p.light) +
      stroke('M560 410q110-10 90 60t-120 60', p.main, 26) +
      area('M220 360h360q0 200-120 215h-120q-120-15-120-215z', p.main) +
      area('M500 360h80q0 200-120 215h-40q80-70 80-215z', p.dark) +
      stroke('M236 440q160 36 328 0', p.paper, 12) +
      ellipse(400, 360, 180, 36, p.light) +
      ellipse(400, 364, 155, 26, p.deep),
  },
  bowl: {
    tints: clay,
    draw: (p) =>
      rect(310, 560, 180, 46, 12, p.deep) +
      area('M140 400h520q-10 180-180 180h-160q-170 0-180-180z', p.main) +
      area('M560 400h100q-10 180-180 180h-60q130-40 140-180z', p.dark) +
      area('M142 420q-2-20-2-20h520l-4 40q-60 40-110 14t-110 26-130-6-164-54z', p.light) +
      ellipse(400, 400, 260, 60, p.light) +
      ellipse(400, 406, 226, 44, p.deep) +
      ellipse(400, 418, 190, 30, p.dark),
  },
  plate: {
    tints: clay,
    draw: (p) =>
      circle(412, 412, 218, p.deep) +
      circle(400, 400, 218, p.main) +
      circle(400, 400, 190, p.light) +
      circle(400, 400, 140, p.main) +
      area('M290 330a140 140 0 0 1 220 0 160 160 0 0 0-220 0z', p.dark) +
      stroke('M330 450q70-110 150-110M370 405q0-40-16-60M400 378q40 0 62 16', p.paper, 10),
  },
  vase: {
    tints: clay,
    draw: (p) =>
      stroke('M400 290q-10-110-90-170M400 290q10-120 70-190M400 290q40-80 120-110', p.accentDark, 9) +
      each(
        [
          [310, 120],
          [350, 170],
          [470, 100],
          [440, 165],
          [520, 180],
          [470, 218],
        ],
        ([x = 0, y = 0], i) => ellipse(x, y, 34, 17, i % 2 ? p.accentDark : p.accent, i * 50 - 40),
      ) +
      area('M340 280h120q-6 70 50 130 60 70 20 150-16 45-60 45h-140q-44 0-60-45-40-80 20-150 56-60 50-130z', p.main) +
      area('M420 280h40q-6 70 50 130 60 70 20 150-16 45-60 45h-60q80-90 40-180-40-70-30-145z', p.dark) +
      area('M300 400q40-30 90-10t110 10q40 60 30 70-60 30-130 0t-128 20q-10-40 28-90z', p.light) +
      ellipse(400, 280, 66, 18, p.deep),
  },
  teapot: {
    tints: clay,
    draw: (p) =>
      area('M215 470q-80-20-100-130l54-10q20 70 90 70z', p.dark) +
      stroke('M560 390q120-50 120 50t-130 90', p.dark, 32) +
      ellipse(400, 460, 200, 145, p.main) +
      area('M440 317q160 20 160 143t-160 143q100-60 100-143t-100-143z', p.dark) +
      area('M250 420q50-90 150-92 60 0 90 30-100-10-160 30-40 30-80 32z', p.light) +
      ellipse(400, 330, 100, 26, p.light) +
      circle(400, 290, 30, p.dark),
  },
  dripper: {
    tints: ['#d8c3a5', '#8fb0b8', '#c9d3d6'],
    draw: (p) =>
      area('M290 400h220l70 160q10 45-40 45h-280q-50 0-40-45z', p.light) +
      area('M246 500h308l26 60q10 45-40 45h-280q-50 0-40-45z', '#6b4030') +
      area('M235 190h330l-100 190h-130z', p.main) +
      area('M480 190h85l-100 190h-50z', p.dark) +
      rect(270, 370, 260, 32, 16, p.deep) +
      stroke('M300 230l58 110M400 225v115', p.light, 10) +
      ellipse(400, 190, 165, 30, p.paper) +
      ellipse(400, 194, 135, 20, '#5a3527'),
  },
  bottle: {
    tints: ['#4f6b4a', '#6b3a45', '#8a6d3b', '#3c4d52', '#a9b48a'],
    draw: (p) => {
      const one =
        area(
          'M366 80h68v170q0 36 42 62 28 18 28 58v210q0 25-25 25h-158q-25 0-25-25v-210q0-40 28-58 42-26 42-62z',
          p.main,
        ) +
        area('M414 80h20v170q0 36 42 62 28 18 28 58v210q0 25-25 25h-45q22-10 22-60v-190q0-50-42-80z', p.dark) +
        rect(360, 66, 80, 120, 10, p.accent) +
        rect(296, 400, 208, 145, 4, p.paper) +
        stroke('M330 510h140M350 528h100', p.deep, 6) +
        [
          area('M350 485q50-90 100 0z', p.accent),
          circle(400, 455, 32, p.accent),
          stroke('M340 480q30-50 60-20t60-20', p.accent, 10),
        ][p.pick(3)]
      return p.pick(3) === 0 ? moved(130, 100, 0.83, one) + moved(-60, 0, 1, one) : one
    },
  },
  glass: {
    tints: ['#8e2f45', '#d9b65c', '#e39a8d'],
    draw: (p) =>
      ellipse(400, 590, 130, 22, p.paper) +
      rect(388, 420, 24, 170, 6, p.paper) +
      `<g opacity=".55">${area('M270 130h260q40 300-130 310-170-10-130-310z', p.paper)}</g>` +
      area('M264 250q135 34 272 0 2 180-136 186-138-6-136-186z', p.main) +
      area('M460 266q42-4 76-16 2 180-136 186 70-60 60-170z', p.dark) +
      ellipse(400, 252, 136, 22, p.light) +
      stroke('M300 170q-6 60 0 130', '#fff', 12),
  },
} satisfies Record<string, Shape>
