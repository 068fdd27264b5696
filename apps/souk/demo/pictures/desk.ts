import { area, circle, each, rect, type Shape, stroke, turned } from './draw.ts'
import { covers } from './materials.ts'

export const desk = {
  book: {
    tints: covers,
    draw: (p) =>
      turned(
        p.pick(9) - 4,
        400,
        400,
        rect(228, 130, 370, 474, 10, p.deep) +
          rect(240, 138, 350, 450, 6, '#f4ead6') +
          rect(210, 120, 360, 474, 10, p.main) +
          rect(210, 120, 46, 474, 10, p.dark) +
          [
            circle(415, 300, 92, p.accent) + area('M323 300a92 92 0 0 0 184 0z', p.light),
            area('M290 430l90-190 70 120 40-60 50 130z', p.accent) + circle(480, 220, 34, p.paper),
            stroke('M413 430v-220M413 330q-80-10-90-90 80 10 90 90zM413 290q80-10 90-90-80 10-90 90z', p.accent, 13),
            stroke('M300 380q60-60 115 0t115 0M300 320q60-60 115 0t115 0M300 260q60-60 115 0t115 0', p.accent, 15),
            rect(330, 220, 166, 210, 83, p.accent) +
              rect(362, 260, 102, 170, 51, p.dark) +
              circle(412, 330, 18, p.paper),
          ][p.pick(5)] +
          stroke('M320 490h190M350 530h130', p.paper, 13),
      ),
  },
  books: {
    tints: covers,
    draw: (p) => {
      const lying = (x: number, y: number, width: number, cover: string, spine: string) =>
        rect(x, y, width, 78, 8, cover) +
        rect(x + width - 60, y + 10, 60, 58, 0, '#f4ead6') +
        rect(x + 40, y, 24, 78, 0, spine)
      return (
        lying(150, 522, 490, p.main, p.accent) +
        lying(190, 444, 440, p.accent, p.paper) +
        lying(160, 366, 430, p.light, p.dark) +
        turned(-5, 400, 330, lying(200, 284, 380, p.dark, p.accent)) +
        stroke('M380 270q-6-70 40-120M400 215q40 0 70-36', p.accentDark, 9)
      )
    },
  },
  notebook: {
    tints: covers,
    draw: (p) =>
      turned(
        6,
        400,
        400,
        rect(248, 146, 350, 460, 18, '#f4ead6') +
          rect(232, 134, 350, 460, 22, p.main) +
          area('M232 156q0-22 22-22h46v460h-46q-22 0-22-22z', p.dark) +
          rect(520, 134, 18, 460, 0, p.accent) +
          rect(340, 240, 150, 90, 8, p.paper) +
          stroke('M365 272h100M365 300h64', p.deep, 7),
      ) + area('M470 590l-8 90 26-20 26 20-6-90z', p.accentDark),
  },
  pen: {
    tints: covers,
    draw: (p) =>
      stroke('M190 610q60-60 110-16t120-20', p.accent, 9) +
      turned(
        42,
        400,
        380,
        area('M362 480h76l-30 150h-16z', '#d8b45e') +
          stroke('M400 560v66', '#8a6d3b', 5) +
          circle(400, 552, 9, '#8a6d3b') +
          rect(352, 250, 96, 240, 22, p.main) +
          area('M420 250h28v218q0 22-22 22h-14z', p.dark) +
          area('M346 60q0-30 54-30t54 30v200h-108z', p.main) +
          area('M424 34q30 6 30 26v200h-30z', p.dark) +
          stroke('M374 70v150', p.light, 12) +
          rect(340, 240, 120, 30, 6, '#d8b45e') +
          rect(440, 70, 20, 150, 10, '#d8b45e'),
      ),
  },
  ink: {
    tints: ['#2f4f86', '#6d2f52', '#2f6f5f', '#a8472f', '#3a3f4a'],
    draw: (p) =>
      rect(340, 190, 120, 130, 10, '#d9e4e8') +
      rect(316, 130, 168, 100, 16, p.ink) +
      stroke('M345 150v60M375 150v60M405 150v60M435 150v60', '#5b5566', 6) +
      area('M230 330q0-40 50-40h240q50 0 50 40v230q0 45-45 45h-250q-45 0-45-45z', '#d9e4e8') +
      area('M256 390h288v160q0 30-30 30h-228q-30 0-30-30z', p.main) +
      area('M480 390h64v160q0 30-30 30h-34z', p.dark) +
      rect(300, 420, 200, 110, 8, p.paper) +
      area('M400 436q40 46 0 78-40-32 0-78z', p.main),
  },
  envelope: {
    tints: ['#e8d6b5', '#d9a79a', '#a9c0b0', '#b3c3d6'],
    draw: (p) =>
      turned(-5, 400, 400, rect(190, 190, 420, 300, 10, p.paper) + stroke('M240 250h200M240 300h260', p.dark, 9)) +
      rect(150, 310, 500, 290, 14, p.main) +
      area('M150 590l210-160h80l210 160q-4 10-14 10h-472q-10 0-14-10z', p.light) +
      area('M150 324q0-14 14-14h472q14 0 14 14l-220 160q-30 20-60 0z', p.dark) +
      circle(400, 480, 42, p.accent) +
      circle(400, 480, 26, p.accentDark),
  },
  pencils: {
    tints: ['#7f9a8a', '#c4714f', '#5f7f9a', '#d9b65c'],
    draw: (p) =>
      each([-26, -10, 6, 22], (turn, i) => {
        const body = [p.accent, p.light, p.accentDark, p.paper][i] ?? p.paper
        return turned(
          turn,
          400,
          560,
          rect(376, 170, 48, 300, 0, body) +
            area('M376 170l24-80 24 80z', '#efd3a5') +
            area('M391 120l9-30 9 30z', p.ink),
        )
      }) +
      area('M270 350h260l-16 220q-2 34-34 34h-160q-32 0-34-34z', p.main) +
      area('M460 350h70l-16 220q-2 34-34 34h-40q24-120 20-254z', p.dark) +
      stroke('M280 410h240M276 440h244', p.light, 10),
  },
} satisfies Record<string, Shape>
