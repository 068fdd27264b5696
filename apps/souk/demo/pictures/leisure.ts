import { area, circle, each, ellipse, moved, rect, ring, type Shape, stroke, turned } from './draw.ts'

const bright = ['#d0563f', '#2f7f86', '#e0a23b', '#5a78a8', '#6d9a5b'] as const
const cloth = ['#3f6f78', '#b5533f', '#5d7350', '#c98f2f', '#4b5a86'] as const

const spokes = (x: number, y: number, r: number) =>
  each([0, 45, 90, 135], (turn) => turned(turn, x, y, stroke(`M${x - r} ${y}h${2 * r}`, '#9aa3a8', 4)))

const wheel = (x: number, y: number, r: number, tyre: string) =>
  spokes(x, y, r) + ring(x, y, r, tyre, 18) + ring(x, y, r - 16, '#c9ced1', 7) + circle(x, y, 16, tyre)

const block = (x: number, y: number, face: string, side: string, mark: string) =>
  rect(x, y, 170, 170, 16, face) + area(`M${x + 130} ${y}h24q16 0 16 16v138q0 16-16 16h-24z`, side) + mark

export const leisure = {
  bicycle: {
    tints: bright,
    draw: (p) =>
      wheel(225, 470, 130, p.ink) +
      wheel(575, 470, 130, p.ink) +
      stroke('M225 470l95-190h200l-130 190zM320 280l70 190M520 280l55 190M520 280l-14-62', p.main, 20) +
      stroke('M320 280l-14-48', p.dark, 18) +
      area('M245 212h120q10 26-40 26h-50q-34 0-30-26z', p.ink) +
      stroke('M506 218q40-22 70 0t-6 44', p.ink, 16) +
      circle(390, 470, 34, p.dark) +
      stroke('M390 470l30 54M405 526h34', p.ink, 12),
  },
  wheel: {
    tints: bright,
    draw: (p) =>
      each([0, 22, 45, 67, 90, 112, 135, 157], (turn) => turned(turn, 400, 400, stroke('M200 400h400', '#a9b1b6', 5))) +
      ring(400, 400, 196, p.ink, 34) +
      ring(400, 400, 172, p.main, 20) +
      circle(400, 400, 34, p.dark) +
      circle(400, 400, 14, p.paper),
  },
  helmet: {
    tints: bright,
    draw: (p) =>
      stroke('M230 490q60 140 170 110t120-110', p.ink, 14) +
      area('M130 480q-10-270 270-270t280 250q0 30-30 30h-490q-30 0-30-10z', p.main) +
      area('M130 480q0 30 30 30h490q30 0 30-50-60 26-270 26t-280-6z', p.dark) +
      each(
        [
          [250, 380],
          [370, 330],
          [500, 340],
        ],
        ([x = 0, y = 0], i) => area(`M${x - 50} ${y + 40}q10-100 120-104-20 50-40 104z`, i === 1 ? p.deep : p.dark),
      ) +
      stroke('M210 330q60-80 180-86', p.light, 16),
  },
  lock: {
    tints: ['#c79a3b', '#5b6b78', '#b5533f'],
    draw: (p) =>
      stroke('M270 380v-90q0-130 130-130t130 130v90', '#8f9aa0', 46) +
      stroke('M262 370v-90q4-100 90-125', '#c4ccd0', 12) +
      rect(200, 350, 400, 250, 40, p.main) +
      area('M520 350h40q40 0 40 40v170q0 40-40 40h-40z', p.dark) +
      rect(232, 380, 190, 26, 13, p.light) +
      circle(390, 460, 38, p.deep) +
      area('M374 470h32l16 80h-64z', p.deep),
  },
  lamp: {
    tints: ['#3c4248', '#b5533f', '#5b6b78'],
    draw: (p) =>
      `<g opacity=".6">${area('M330 330l-250-110v380l250-100z', '#ffe9a8')}</g>` +
      area('M320 310q-30 100 0 210 20 20 50 20h190q70-10 70-125t-70-125h-190q-30 0-50 20z', p.main) +
      area('M400 290h160q70 10 70 125t-70 125h-60q70-60 60-130t-160-120z', p.dark) +
      ellipse(330, 415, 36, 112, p.light) +
      ellipse(326, 415, 22, 84, '#fff3c9') +
      rect(440, 530, 80, 70, 12, p.deep) +
      circle(500, 335, 16, p.accent),
  },
  blocks: {
    tints: bright,
    draw: (p) =>
      block(130, 430, p.main, p.dark, circle(195, 515, 44, p.paper)) +
      block(320, 430, p.accent, p.accentDark, area('M385 465l52 96h-104z', p.paper)) +
      block(510, 430, p.light, p.main, rect(535, 473, 80, 80, 8, p.dark)) +
      turned(
        -6,
        310,
        345,
        block(
          225,
          258,
          p.paper,
          '#e2d5bf',
          area('M290 300l14 30 32 4-24 22 6 32-28-16-28 16 6-32-24-22 32-4z', p.accent),
        ),
      ) +
      area('M420 430l85-150 85 150z', p.dark) +
      area('M505 280l85 150h-50z', p.deep),
  },
  car: {
    tints: bright,
    draw: (p) =>
      area(
        'M120 520q0-90 90-100l70-110q16-25 46-25h170q30 0 50 25l70 110q80 10 80 100 0 30-30 30h-516q-30 0-30-30z',
        p.main,
      ) +
      area('M120 520q0 30 30 30h516q30 0 30-30v-20h-576z', p.dark) +
      area('M290 415l54-88q6-10 18-10h30v98zM424 317h70q12 0 20 10l58 88h-148z', '#d7ecf0') +
      each([255, 560], (x) => circle(x, 550, 66, p.ink) + circle(x, 550, 36, p.accent) + circle(x, 550, 12, p.paper)) +
      circle(672, 470, 18, '#ffe9a8') +
      stroke('M180 460q16-18 50-20', p.light, 12),
  },
  duck: {
    tints: ['#e8b93f', '#e0a23b', '#8fb7a6', '#d0806a'],
    draw: (p) =>
      stroke('M640 540q60 0 90 50', p.ink, 7) +
      area(
        'M180 400q120 20 180-20-60-200 80-220 130 0 130 120 0 50-40 90 90 50 70 120-20 70-120 70h-180q-110-20-120-160z',
        p.main,
      ) +
      area('M520 360q80 30 70 130-20 70-120 70h-180q-60-10-90-60 200 60 320-140z', p.dark) +
      area('M290 430q120-20 160 30-40 70-120 60-50-20-40-90z', p.light) +
      area('M565 235q70 0 80 30-20 36-90 32z', p.accent) +
      circle(500, 235, 17, p.ink) +
      each([270, 510], (x) => circle(x, 560, 48, p.accent) + circle(x, 560, 14, p.paper)),
  },
  puzzle: {
    tints: bright,
    draw: (p) => {
      const piece = 'M0 0h70q-20-50 30-50t30 50h70v70q50-20 50 30t-50 30v70h-200v-70q50 20 50-30t-50-30z'
      const at = (x: number, y: number, turn: number, fill: string, rim: string) =>
        turned(turn, x + 100, y + 100, moved(x + 8, y + 10, 1, area(piece, rim)) + moved(x, y, 1, area(piece, fill)))
      return (
        at(205, 205, -4, p.main, p.dark) +
        at(420, 240, 8, p.accent, p.accentDark) +
        at(215, 400, 4, p.light, p.main) +
        at(450, 440, 14, p.paper, '#d8cbb4')
      )
    },
  },
  bear: {
    tints: ['#b98a5e', '#c9a27a', '#8f7a86', '#9aa58e'],
    draw: (p) =>
      each(
        [
          [270, 190],
          [530, 190],
        ],
        ([x = 0, y = 0]) => circle(x, y, 62, p.main) + circle(x, y, 34, p.light),
      ) +
      ellipse(400, 500, 150, 120, p.main) +
      ellipse(400, 510, 88, 84, p.light) +
      ellipse(250, 470, 46, 86, p.dark, 30) +
      ellipse(550, 470, 46, 86, p.dark, -30) +
      each([290, 510], (x) => circle(x, 575, 58, p.main) + circle(x, 578, 32, p.light)) +
      ellipse(400, 270, 168, 144, p.main) +
      ellipse(400, 320, 76, 58, p.light) +
      each([335, 465], (x) => circle(x, 255, 15, p.ink)) +
      ellipse(400, 296, 24, 17, p.ink) +
      stroke('M400 312v18q-20 22-40 8M400 330q20 22 40 8', p.ink, 7) +
      area('M400 420l-70-34v72zM400 420l70-34v72z', p.accent),
  },
  jacket: {
    tints: cloth,
    draw: (p) =>
      area('M270 215l-110 70-50 280 90 22 50-190zM530 215l110 70 50 280-90 22-50-190z', p.dark) +
      area('M265 210q60-30 90-30h90q30 0 90 30l30 90-10 300h-310l-10-300z', p.main) +
      area('M330 190q10-90 70-90t70 90q-20 50-70 60-50-10-70-60z', p.dark) +
      area('M352 190q8-50 48-50t48 50q-14 34-48 42-34-8-48-42z', p.deep) +
      area('M240 300h320l-3 90h-314z', p.light) +
      stroke('M400 240v356', p.paper, 10) +
      stroke('M285 470l70 40M515 470l-70 40', p.deep, 10) +
      rect(390, 262, 20, 40, 8, p.accent),
  },
  jumper: {
    tints: cloth,
    draw: (p) =>
      area('M280 220l-120 60-50 270 86 26 64-170zM520 220l120 60 50 270-86 26-64-170z', p.dark) +
      area('M270 215q60-25 80-25h100q20 0 80 25l20 80v290q0 15-15 15h-270q-15 0-15-15v-290z', p.main) +
      rect(250, 560, 300, 42, 12, p.dark) +
      ellipse(400, 196, 72, 28, p.deep) +
      stroke('M250 340l25 26 25-26 25 26 25-26 25 26 25-26 25 26 25-26 25 26 25-26 25 26 25-26', p.paper, 10) +
      stroke('M250 400h300', p.accent, 14) +
      stroke('M250 435l25 26 25-26 25 26 25-26 25 26 25-26 25 26 25-26 25 26 25-26 25 26 25-26', p.light, 10),
  },
  hat: {
    tints: cloth,
    draw: (p) =>
      circle(400, 190, 64, p.paper) +
      each([0, 1, 2, 3, 4, 5], (i) => turned(i * 60, 400, 190, ellipse(400, 140, 14, 26, '#ece0cb'))) +
      area('M190 500q-10-270 210-270t210 270z', p.main) +
      area('M470 240q140 40 140 260h-90q20-170-50-260z', p.dark) +
      stroke('M300 270q-40 80-40 210M400 250v230', p.light, 10) +
      rect(165, 470, 470, 120, 44, p.light) +
      each([225, 285, 345, 405, 465, 525, 580], (x) => stroke(`M${x} 492v76`, p.main, 9)) +
      rect(430, 500, 70, 50, 6, p.accent),
  },
  sock: {
    tints: cloth,
    draw: (p) => {
      const one =
        area('M330 150h150v230q0 40 40 60l110 50q50 26 30 76-16 34-60 34h-200q-90-10-80-110z', p.main) +
        area('M560 458l70 32q50 26 30 76-16 34-60 34h-40q-30-80 0-142z', p.accent) +
        area('M322 480q70 10 90 120h-12q-90-10-80-110z', p.accent) +
        stroke('M330 290h150M328 330h152', p.paper, 14) +
        rect(316, 135, 178, 90, 18, p.dark)
      return moved(-130, 20, 0.92, one) + moved(0, 0, 1, one)
    },
  },
  backpack: {
    tints: cloth,
    draw: (p) =>
      stroke('M350 190q0-60 50-60t50 60', p.deep, 20) +
      rect(170, 360, 80, 190, 34, p.dark) +
      rect(550, 360, 80, 190, 34, p.dark) +
      area('M220 330q0-160 180-160t180 160v220q0 50-50 50h-260q-50 0-50-50z', p.main) +
      area('M500 190q80 40 80 140v220q0 50-50 50h-50q30-30 30-90z', p.dark) +
      area('M216 330q0-160 184-160t184 160q-30 60-184 60t-184-60z', p.light) +
      rect(275, 430, 250, 140, 26, p.dark) +
      stroke('M300 466h200', p.paper, 8) +
      rect(380, 350, 40, 90, 10, p.accent),
  },
} satisfies Record<string, Shape>
