import { withBackOffice } from '../back-office.ts'
import { bar, type Console, liveLine, number, timed } from '../console.ts'
import { stockDemo } from '../seed/demo.ts'
import { stockForLoad } from '../seed/many.ts'

/** `souk seed`: the demo, or very many products. */
export function seed(io: Console, options: { products?: number; stock: number; json?: true }): Promise<void> {
  return withBackOffice(
    io,
    async (house) => {
      if (options.products === undefined) {
        const demo = await stockDemo(house, { onProgress: timed(io), onlyIfEmpty: false })
        if (options.json) io.print(JSON.stringify(demo))
        else
          io.print(
            demo?.stocked
              ? `Stocked: ${demo.shops} shops, ${number(demo.products)} products.`
              : 'The demo is already there; nothing was changed.',
          )
        return
      }
      const line = liveLine(io)
      const beganAt = performance.now()
      let begun: number | undefined
      let added = 0
      await stockForLoad(house, {
        products: options.products,
        stock: options.stock,
        onProgress(ready, total) {
          begun ??= ready - Math.min(1_000, ready)
          added = ready - begun
          const rate = added / ((performance.now() - beganAt) / 1_000)
          line.show(`  ${bar(ready / total)}  ${number(ready)} of ${number(total)} products  ${number(rate)}/s`)
        },
      })
      line.end()
      const seconds = (performance.now() - beganAt) / 1_000
      const perSecond = Math.round(added / seconds)
      if (options.json) io.print(JSON.stringify({ products: options.products, added, seconds, perSecond }))
      else
        io.print(
          added === 0
            ? `${number(options.products)} products or more are already there; nothing was changed.`
            : `Added ${number(added)} products in ${seconds.toFixed(1)} s (${number(perSecond)}/s), all known to inventory and orders.`,
        )
    },
    true,
  )
}
