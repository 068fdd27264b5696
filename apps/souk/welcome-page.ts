type Picture = { url: string; alt: string }
type Product = {
  id: string
  shopId: string
  title: string
  currency: string
  pictures: Picture[]
  variants: { priceMinor: number }[]
}
type Sale = { priceMinor: number; currency: string; startsAt: string; endsAt: string; phase: string; units: number }

/** What the page shows, as the public API answers it. */
export type Shown = {
  services: string[]
  /** What people were told can be read here. */
  inbox?: boolean
  shops: { id: string; name: string; slug: string; logo: Picture | null; metadata: Record<string, string> }[]
  products: Product[]
  sales: { product: Product; sale: Sale }[]
  at: Date
}

const entities: Record<string, string> = { '&': '&amp;', '<': '&lt;', '>': '&gt;', '"': '&quot;', "'": '&#39;' }

/** For text and for quoted attributes. */
export const escapeHtml = (text: string): string => text.replace(/[&<>"']/g, (character) => entities[character] ?? '')

/** 1999, EUR → "€19.99"; 1200, JPY → "¥1,200". */
export function money(minor: number, currency: string): string {
  const format = new Intl.NumberFormat('en', { style: 'currency', currency })
  return format.format(minor / 10 ** (format.resolvedOptions().maximumFractionDigits ?? 2))
}

/** Only pictures of our own: the page's policy loads no others. */
function picture(pictures: readonly (Picture | null)[]): string {
  const own = pictures.find((each) => each?.url.startsWith('/v1/pictures/'))
  return own
    ? `<img src="${escapeHtml(own.url)}" alt="${escapeHtml(own.alt)}" loading="lazy" width="240" height="240">`
    : '<span class="blank"></span>'
}

function priceOf({ variants, currency }: Product): string {
  const prices = variants.map(({ priceMinor }) => priceMinor)
  const from = Math.min(...prices)
  if (!Number.isFinite(from)) return ''
  return `${Math.max(...prices) > from ? 'from ' : ''}${money(from, currency)}`
}

const time = (text: string, at: Date): string => {
  const minutes = Math.round((Date.parse(text) - at.getTime()) / 60_000)
  return minutes < 120 ? `${minutes} min` : `${Math.round(minutes / 60)} h`
}

const saleCard = ({ product, sale }: Shown['sales'][number], at: Date) => `
<a class="sale" href="/v1/products/${escapeHtml(product.id)}">${picture(product.pictures)}
<div><b class="phase ${sale.phase === 'running' ? 'now' : ''}">${sale.phase === 'running' ? `On sale, ${time(sale.endsAt, at)} left` : `Sale in ${time(sale.startsAt, at)}`}</b>
<h3>${escapeHtml(product.title)}</h3>
<p><strong>${money(sale.priceMinor, sale.currency)}</strong> <s>${priceOf(product)}</s></p>
<p class="quiet">${sale.units.toLocaleString('en')} units</p></div></a>`

const productCard = (product: Product, shopName: string | undefined) => `
<li><a href="/v1/products/${escapeHtml(product.id)}">${picture(product.pictures)}
<h3>${escapeHtml(product.title)}</h3><p><strong>${priceOf(product)}</strong></p>
<p class="quiet">${escapeHtml(shopName ?? '')}</p></a></li>`

const shopCard = ({ id, name, logo, metadata }: Shown['shops'][number]) => `
<li><a href="/v1/products?shopId=${escapeHtml(id)}">${picture([logo])}<span><b>${escapeHtml(name)}</b><br><span class="quiet">${escapeHtml(metadata.tagline ?? '')}</span></span></a></li>`

const section = (title: string, content: string) => `<section><h2>${title}</h2>${content}</section>`

/** The page at `/`: complete in one answer, without scripts. */
export function welcomePage({ services, inbox, shops, products, sales, at }: Shown): string {
  const nameOf = new Map(shops.map(({ id, name }) => [id, name]))
  const empty =
    products.length > 0
      ? ''
      : `<p>Nothing is for sale here yet. <code>souk seed</code> stocks a demo; the <a href="/docs">API reference</a> says how to open a shop.</p>`
  return `<!doctype html>
<html lang="en"><head><meta charset="utf-8"><meta name="viewport" content="width=device-width, initial-scale=1">
<meta name="color-scheme" content="light dark"><title>Souk</title><style>${welcomeStyle}</style></head>
<body><header><h1>Souk</h1><p>A marketplace is open here: many shops under one roof, nothing sold twice.</p>
<nav><a href="/docs">API reference</a> <a href="/openapi.json">OpenAPI</a> ${inbox ? '<a href="/inbox">Inbox</a> ' : ''}<a href="/v1/products">Products</a> <a href="/v1/shops">Shops</a> <a href="/v1/categories">Categories</a> <a href="/metrics">Metrics</a> <a href="/health/ready">Health</a></nav></header>
<main>${empty}
${sales.length === 0 ? '' : section('Sales', `<div class="sales">${sales.map((each) => saleCard(each, at)).join('')}</div>`)}
${products.length === 0 ? '' : section('From the shops', `<ul class="products">${products.map((each) => productCard(each, nameOf.get(each.shopId))).join('')}</ul>`)}
${shops.length === 0 ? '' : section('Shops', `<ul class="shops">${shops.map(shopCard).join('')}</ul>`)}
</main><footer>Running here: ${escapeHtml(services.join(', '))}. Links lead to the API's answers; the storefront comes later.</footer></body></html>
`
}

export const welcomeStyle = `
:root{--ink:#221d18;--quiet:#6f655b;--paper:#faf7f2;--card:#fff;--line:#e6ddd1;--accent:#a8401c}
@media(prefers-color-scheme:dark){:root{--ink:#f0e9df;--quiet:#a99d8f;--paper:#191613;--card:#23201c;--line:#3a342d;--accent:#f0935f}}
*{box-sizing:border-box}
body{margin:0;background:var(--paper);color:var(--ink);font:16px/1.45 system-ui,sans-serif}
header,main,footer{max-width:72rem;margin:auto;padding:1.5rem 1rem}
h1{margin:0;font-size:2.4rem;letter-spacing:-.02em}
main{padding-top:0}
h2{margin:1.6rem 0 .8rem;font-size:1.2rem}
h3{margin:.6rem 0 .2rem;font-size:1rem;font-weight:600;overflow-wrap:anywhere}
p{margin:.1rem 0}
a{color:var(--accent)}
nav{display:flex;flex-wrap:wrap;gap:.3rem 1.1rem;margin-top:.8rem}
ul{list-style:none;margin:0;padding:0}
img,.blank{display:block;width:100%;height:auto;aspect-ratio:1;object-fit:cover;border-radius:8px;background:var(--line)}
.products{display:grid;gap:.9rem;grid-template-columns:repeat(auto-fill,minmax(9.5rem,1fr))}
.products a,.shops a,.sale{display:block;height:100%;padding:.7rem;border:1px solid var(--line);border-radius:12px;background:var(--card);color:inherit;text-decoration:none}
.products a:hover,.shops a:hover,.sale:hover,a:focus-visible{border-color:var(--accent);outline-color:var(--accent)}
.sales,.shops{display:grid;gap:.9rem;grid-template-columns:repeat(auto-fill,minmax(min(19rem,100%),1fr))}
.sale{display:flex;gap:1rem;align-items:center}
.sale img,.sale .blank{width:7rem;flex:none}
.shops a{display:flex;gap:.8rem;align-items:center}
.shops img,.shops .blank{width:3.2rem;flex:none}
.phase{font-size:.85rem;color:var(--quiet)}
.now{color:var(--accent)}
.quiet,footer,s{color:var(--quiet);font-size:.88rem}
`
